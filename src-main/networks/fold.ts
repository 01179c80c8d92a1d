import { ACTIVATIONS } from '../engine/ops/norm-act.ts';
import { fuseNodes } from './fuse.ts';
import { type Graph, type GraphNode, graphOf, type ParamSpec, sizeOf } from './graph.ts';

export type Weights = ReadonlyMap<string, Float32Array>;

/**
 * The same network for inference, with fewer passes over the activations: a batch norm is a line per channel whose slope
 * goes into the convolution before it, and whose offset, the sum and the activation that follow are one pass. After
 * something else than a convolution the line stays whole; after a fusion of branches it is part of the same pass. A
 * convolution does all that follows it itself.
 * A folded node has the name of its last part.
 * @param keep nodes that are tapped and so must stay as they are
 */
export function foldNetwork(
  graph: Graph,
  weights: Weights,
  keep: readonly string[] = [],
): { graph: Graph; weights: Weights } {
  const fused = fuseNodes(graph, keep);
  const users = new Map<string, number>();
  for (const node of fused) for (const input of node.inputs) users.set(input, (users.get(input) ?? 0) + 1);
  const owners = new Map<string, number>();
  for (const { name } of fused.flatMap(({ params }) => params)) owners.set(name, (owners.get(name) ?? 0) + 1);
  const result = new Map<string, Float32Array>();
  const nodes = new Map<string, GraphNode>();
  for (const node of fused) {
    nodes.set(node.name, node);
    if (node.kind !== 'normAct' && node.kind !== 'normAddAct') {
      for (const { name } of node.params) result.set(name, weights.get(name)!);
      continue;
    }
    const before = nodes.get(node.inputs[0])!;
    const own = before.params.every(({ name }) => owners.get(name) === 1);
    const free = own && users.get(before.name) === 1 && before.name !== graph.output && !keep.includes(before.name);
    const line = lineOf(node, weights, result);
    const last: GraphNode = {
      ...node,
      kind: 'affineAct',
      attrs: { act: node.attrs.act, factor: 1 },
      params: line.params,
    };
    const withAct = FOLLOWED[before.kind];
    if (free && !before.attrs.bias && withAct && node.inputs.length <= withAct.inputs) {
      scaleFilter(before, line.factor, result);
      result.delete(line.params[0].name);
      nodes.delete(before.name);
      nodes.set(node.name, {
        ...last,
        kind: withAct.kind,
        inputs: [...before.inputs, ...node.inputs.slice(1)],
        attrs: { ...before.attrs, act: node.attrs.act },
        params: [...before.params, ...line.params.slice(1)],
      });
    } else if (free && !before.attrs.bias && before.kind === 'convTranspose') {
      scaleFilter(before, line.factor, result);
      result.delete(line.params[0].name);
      nodes.set(node.name, { ...last, attrs: { act: node.attrs.act, factor: 0 }, params: line.params.slice(1) });
    } else if (free && before.kind === 'branchFusion' && node.inputs.length === 1) {
      nodes.delete(before.name);
      const attrs = { ...before.attrs, line: 1, act: node.attrs.act };
      nodes.set(node.name, { ...last, kind: 'branchFusion', inputs: before.inputs, attrs });
    } else nodes.set(node.name, last);
  }
  for (const node of nodes.values()) {
    if (node.kind === 'conv') nodes.set(node.name, { ...node, kind: 'convAct', attrs: { ...node.attrs, act: 0 } });
  }
  const { id, options, output, outputs, stride, logitsStride, defaultTaps } = graph;
  const rest = { id, options, output, outputs, stride, logitsStride, defaultTaps };
  return { graph: graphOf([...nodes.values()], rest), weights: result };
}

/** Kinds that do what follows them themselves: as which kind then, and with how many inputs of the batch norm at most. */
const FOLLOWED: Record<string, { kind: string; inputs: number } | undefined> = {
  conv: { kind: 'convAct', inputs: 2 },
  depthwiseConv: { kind: 'depthwiseAct', inputs: 1 },
};

/** A batch norm as x · factor + offset, with PReLU's slopes where its node has some; the arrays are put into `into`. */
function lineOf(node: GraphNode, weights: Weights, into: Map<string, Float32Array>) {
  const [scaleSpec, offsetSpec, , , slopeSpec] = node.params;
  const [scale, offset, mean, variance, slope] = node.params.map(({ name }) => weights.get(name)!);
  const factor = scale.map((value, i) => value / Math.sqrt(variance[i] + node.attrs.epsilon));
  const params: ParamSpec[] = [
    { ...scaleSpec, name: `${node.name}.factor` },
    { ...offsetSpec, name: `${node.name}.offset` },
  ];
  into.set(params[0].name, factor);
  into.set(
    params[1].name,
    offset.map((value, i) => value - mean[i] * factor[i]),
  );
  if (ACTIVATIONS[node.attrs.act] === 'prelu') {
    params.push(slopeSpec);
    into.set(slopeSpec.name, slope);
  }
  return { factor, params };
}

/** Multiplies a convolution's filter by a factor for each output channel. */
function scaleFilter(conv: GraphNode, factor: Float32Array, weights: Map<string, Float32Array>): void {
  const [{ name, shape }] = conv.params;
  // How many neighbours in the array share an output channel: in HWIO it is the last axis (in a depthwise filter the
  // last two), in HWOI the third.
  const run = conv.kind === 'convTranspose' ? sizeOf(shape.slice(3)) : 1;
  const filter = weights.get(name)!;
  weights.set(
    name,
    filter.map((value, i) => value * factor[Math.floor(i / run) % factor.length]),
  );
}
