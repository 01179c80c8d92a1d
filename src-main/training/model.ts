/** A network with weights, ready to run, and what must be known of it. */
import type { ModelCard } from '../contract/model.ts';
import { Executable } from '../networks/execute.ts';
import { foldNetwork } from '../networks/fold.ts';
import type { Graph } from '../networks/graph.ts';
import { buildNetwork } from '../networks/registry.ts';
import { readModel } from '../weights/model-file.ts';

export interface OpenModel {
  card: ModelCard;
  /** The network as it was written; what runs has batch norm folded. */
  graph: Graph;
  /** The caller's to dispose. */
  executable: Executable;
}

/**
 * Reads a model to run it forward only: batch norm folded into the convolutions.
 * @param file weights of any kind that is read, or a run's checkpoint
 * @param taps nodes that will be tapped besides the usual ones
 * @throws Problem where it cannot be read or belongs to no network known here
 */
export async function openModel(file: string, taps: readonly string[] = []): Promise<OpenModel> {
  const { card, weights } = await readModel(file);
  return frozenModel(card, weights, taps);
}

/** The same for weights that are at hand; they are copied. */
export function frozenModel(
  card: ModelCard,
  weights: ReadonlyMap<string, Float32Array>,
  taps: readonly string[] = [],
): OpenModel {
  const graph = buildNetwork(card.network, card.outputs);
  const folded = foldNetwork(graph, weights, [...taps, ...graph.defaultTaps]);
  return { card, graph, executable: new Executable(folded.graph, folded.weights) };
}
