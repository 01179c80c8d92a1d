import { type Graph, type GraphNode, graphOf, sizeOf } from './graph.ts';

export type Weights = ReadonlyMap<string, Float32Array>;

const FOLDABLE = ['conv', 'depthwiseConv', 'convTranspose'];

/**
 * The same network for inference with every batch norm that follows a convolution folded into it: fewer passes over
 * the activations of a frozen teacher. The folded node has the batch norm's name; a batch norm that follows something
 * else, or a convolution that feeds another node too, stays.
 * @param keep nodes that are tapped and so must stay as they are
 */
export function foldNetwork(
  graph: Graph,
  weights: Weights,
  keep: readonly string[] = [],
): { graph: Graph; weights: Weights } {
  const users = new Map<string, number>();
  for (const node of graph.nodes) for (const input of node.inputs) users.set(input, (users.get(input) ?? 0) + 1);
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const folded = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    if (node.kind !== 'batchNorm') continue;
    const conv = byName.get(node.inputs[0])!;
    const free = users.get(conv.name) === 1 && conv.name !== graph.output && !keep.includes(conv.name);
    if (free && !conv.attrs.bias && FOLDABLE.includes(conv.kind)) folded.set(conv.name, node);
  }
  const result = new Map<string, Float32Array>();
  const norms = new Set([...folded.values()].map((node) => node.name));
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (norms.has(node.name)) continue;
    const norm = folded.get(node.name);
    if (norm) nodes.push(fold(node, norm, weights, result));
    else {
      nodes.push(node);
      for (const { name } of node.params) result.set(name, weights.get(name)!);
    }
  }
  const { id, options, output, outputs, stride, logitsStride, defaultTaps } = graph;
  const rest = { id, options, output, outputs, stride, logitsStride, defaultTaps };
  return { graph: graphOf(nodes, rest), weights: result };
}

/** The convolution that does what `conv` and then `norm` do; its arrays are put into `into`. */
function fold(conv: GraphNode, norm: GraphNode, weights: Weights, into: Map<string, Float32Array>): GraphNode {
  const [filterSpec] = conv.params;
  const filter = weights.get(filterSpec.name)!;
  const [scale, offset, mean, variance] = norm.params.map(({ name }) => weights.get(name)!);
  const factor = scale.map((value, i) => value / Math.sqrt(variance[i] + norm.attrs.epsilon));
  // How many neighbours in the array share an output channel: one in HWIO and in depthwise filters, whose last axes are
  // the output's, all of the last axis in HWOI.
  const run = conv.kind === 'convTranspose' ? sizeOf(filterSpec.shape.slice(3)) : 1;
  const filterName = `${norm.name}.filter`;
  const biasName = `${norm.name}.bias`;
  into.set(
    filterName,
    filter.map((value, i) => value * factor[Math.floor(i / run) % factor.length]),
  );
  into.set(
    biasName,
    offset.map((value, i) => value - mean[i] * factor[i]),
  );
  const bias = { ...norm.params[1], name: biasName };
  return {
    ...conv,
    name: norm.name,
    attrs: { ...conv.attrs, bias: 1 },
    params: [{ ...filterSpec, name: filterName }, bias],
  };
}
