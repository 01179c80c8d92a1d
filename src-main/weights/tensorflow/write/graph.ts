/** A network in TensorFlow's operators, from which each of its formats is written. */
import { Problem } from '../../../contract/problem.ts';
import { type Graph, nodeSizes } from '../../../networks/graph.ts';
import type { Size2, Size3 } from '../../../networks/node-kind.ts';
import { OUTPUT, valueNames } from '../../written-values.ts';
import { GraphWriter } from './graph-writer.ts';
import { Unwritable } from './unwritable.ts';
import { values } from './values.ts';
import { windows } from './window.ts';

const KINDS = { ...windows, ...values };
/** Kinds whose output is never below zero. */
const POSITIVE: ReadonlySet<string> = new Set(['relu', 'relu6', 'sigmoid', 'softmax']);

/**
 * @param size height and width of the pictures, multiples of the graph's stride
 * @param runtime for whom it is written, as a user knows it
 * @returns the operators from INPUT to OUTPUT, which has the picture's size (where the network gives logits at a stride they
 *   are resized, bilinear, corners not aligned); and the sizes of both
 * @throws Problem where a size does not fit, or a node has no form
 */
export function writeGraph(
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array>,
  size: Size2,
  runtime: string,
): { writer: GraphWriter; picture: Size3; outputs: number } {
  const sizes = nodeSizes(graph, size);
  const writer = new GraphWriter(weights);
  const [height, width, outputs] = sizes.get(graph.output)!;
  const whole = height === size[0] && width === size[1];
  const value = valueNames(graph, whole);
  const kinds = new Map(graph.nodes.map(({ name, kind }) => [name, kind]));
  for (const node of graph.nodes) {
    if (node.name === graph.input) continue;
    try {
      const write = Object.hasOwn(KINDS, node.kind) ? KINDS[node.kind] : undefined;
      if (!write) throw new Unwritable(`is of the kind ${node.kind}`);
      write({
        ...{ node, inputs: node.inputs.map(value), output: value(node.name) },
        ...{ sizes: node.inputs.map((input) => sizes.get(input)!), size: sizes.get(node.name)! },
        ...{ positive: POSITIVE.has(kinds.get(node.inputs[0]) ?? ''), writer },
      });
    } catch (error) {
      if (!(error instanceof Unwritable)) throw error;
      throw new Problem(`${node.name} of ${graph.id} ${error.message}, which ${runtime} has no form for here.`, {
        where: node.name,
        next: 'Export it as ONNX.',
      });
    }
  }
  if (!whole) {
    const to = writer.ints(`${OUTPUT}/size`, size);
    writer.op('ResizeBilinear', [value(graph.output), to], OUTPUT, { align_corners: false, half_pixel_centers: true });
  }
  return { writer, picture: sizes.get(graph.input)!, outputs };
}
