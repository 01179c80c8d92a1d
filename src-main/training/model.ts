/** A network with weights, ready to run, and what must be known of it. */
import type { ClassInfo } from '../contract/dataset.ts';
import type { ModelCard } from '../contract/model.ts';
import type { Precision } from '../contract/precision.ts';
import { Problem } from '../contract/problem.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import { Executable } from '../networks/execute.ts';
import { foldNetwork } from '../networks/fold.ts';
import type { Graph } from '../networks/graph.ts';
import { isOpaque } from '../networks/kinds/opaque.ts';
import { buildNetwork } from '../networks/registry.ts';
import { readModel } from '../weights/model-file.ts';
import { RuntimeNetwork } from '../weights/onnx/run/network.ts';
import { normalise } from './normalise.ts';

export interface OpenModel {
  card: ModelCard;
  /** The network as it was written, or the form of it that was asked for; what runs has batch norm folded. */
  graph: Graph;
  /** The caller's to dispose. */
  executable: Pick<Executable, 'graph' | 'forward' | 'dispose'>;
  /** What its convolutions and matrix products compute in. */
  precision: Precision;
}

/**
 * Reads a model to run it forward only: batch norm folded into the convolutions. One that could not become a graph is run
 * by ONNX Runtime, always in float32.
 * @param file weights of any kind that is read, or a run's checkpoint
 * @param taps nodes that will be tapped besides the usual ones
 * @param form another form of the network with the same params, of the one that was written
 * @throws Problem where it cannot be read or belongs to no network known here
 */
export async function openModel(
  file: string,
  taps: readonly string[] = [],
  precision: Precision = 'float32',
  form = (written: Graph) => written,
): Promise<OpenModel> {
  const { card, weights } = await readModel(file);
  if (card.network.graph && isOpaque(card.network.graph)) {
    const graph = form(buildNetwork(card.network, card.outputs));
    const executable = new RuntimeNetwork(graph, file, taps);
    return { card, graph, executable, precision: 'float32' };
  }
  return frozenModel(card, weights, taps, precision, form);
}

/** The same for weights that are at hand; they are copied. */
export function frozenModel(
  card: ModelCard,
  weights: ReadonlyMap<string, Float32Array>,
  taps: readonly string[] = [],
  precision: Precision = 'float32',
  form = (written: Graph) => written,
): OpenModel & { executable: Executable } {
  const graph = form(buildNetwork(card.network, card.outputs));
  const folded = foldNetwork(graph, weights, [...taps, ...graph.defaultTaps]);
  const executable = new Executable(folded.graph, folded.weights, { frozen: true, precision });
  return { card, graph, precision, executable };
}

/**
 * Refuses a model whose classes are others than a data set's, or the same in another order: its outputs would be taken
 * for the wrong classes. Capital letters make no difference; classes that only the model knows may follow.
 * @throws Problem naming the first difference
 */
export function requireClasses(card: ModelCard, classes: readonly ClassInfo[]): void {
  const plain = (one: ClassInfo | undefined) => one?.name.trim().toLowerCase();
  const at = classes.findIndex((one, i) => plain(one) !== plain(card.classes[i]));
  if (at < 0) return;
  const own = card.classes[at] ? `“${card.classes[at].name}”` : 'none';
  throw new Problem(
    `The model ${card.name} has other classes than the data set: class ${at + 1} is ${own} there and “${classes[at].name}” here.`,
    { where: card.name, next: 'Choose a model that was trained on these classes, in this order.' },
  );
}

/**
 * A picture as a model's input. One whose size is no multiple of the network's stride is padded on the right and below
 * with the mean colour.
 * @param picture RGB 0–255, [1, height, width, 3]; not disposed
 */
export function wholeInput({ card, graph }: OpenModel, picture: Tensor4D): Tensor4D {
  const [below, right] = [picture.shape[1], picture.shape[2]].map(
    (size) => Math.ceil(size / graph.stride) * graph.stride - size,
  );
  return tf.tidy(() => {
    const plain = normalise(picture, card.preprocessing);
    const paddings: [number, number][] = [
      [0, 0],
      [0, below],
      [0, right],
      [0, 0],
    ];
    return below + right === 0 ? plain : tf.pad(plain, paddings);
  });
}
