/**
 * The network graph: pure data. A network is a list of nodes in topological order, written by a short function with a
 * GraphBuilder; the same graph is run, trained, tapped at any node by name, counted and folded.
 */
import { Problem } from '../contract/problem.ts';
import type { Auxiliary } from './auxiliary.ts';
import { kindOf } from './kinds.ts';
import type { Attributes, GraphNode, ParamSpec, Size2, Size3 } from './node-kind.ts';

export type { GraphNode, ParamSpec } from './node-kind.ts';

export interface Graph {
  /** The network's id in the registry. */
  id: string;
  options: Record<string, number>;
  /** In topological order; the first is the input. */
  nodes: readonly GraphNode[];
  /** All arrays, in node order, each once. */
  params: readonly ParamSpec[];
  input: string;
  /** The node that gives the logits. */
  output: string;
  /** Channels of the logits. */
  outputs: number;
  /** Height and width of an input must be multiples of this. */
  stride: number;
  /** Input size ÷ logits size. */
  logitsStride: number;
  /** Nodes that PSD taps where the recipe names none. */
  defaultTaps: readonly string[];
  /** Outputs that are trained along; absent where there are none. */
  auxiliaries?: readonly Auxiliary[];
}

export class GraphBuilder {
  private readonly nodes: GraphNode[] = [];
  private readonly byName = new Map<string, GraphNode>();

  constructor(channels: number) {
    this.append({ name: 'input', kind: 'input', inputs: [], attrs: { channels }, channels, params: [] });
  }

  /**
   * Appends a node and gives back its name.
   * @param torch the node's name in the authors' PyTorch state dict; needed where the kind has parameters
   */
  add(name: string, kind: string, inputs: readonly string[], attrs: Attributes = {}, torch = name): string {
    const channels = inputs.map((input) => this.channels(input));
    const params = kindOf(kind)
      .params(attrs, channels)
      .map(({ param, torch: suffix, ...spec }) => ({
        ...spec,
        name: `${name}.${param}`,
        torchName: `${torch}.${suffix}`,
      }));
    return this.append({ name, kind, inputs, attrs, channels: kindOf(kind).channels(attrs, channels), params });
  }

  /**
   * Appends a node of an earlier one's kind that has its attributes and its very parameters, and gives back its name. Not for
   * kinds with running statistics.
   * @param inputs with as many channels as the earlier one's
   */
  repeat(name: string, earlier: string, inputs: readonly string[]): string {
    const { kind, attrs, channels, params } = this.node(earlier);
    if (params.some((spec) => !spec.trainable)) throw new Error(`${earlier} has running statistics of its own.`);
    return this.append({ name, kind, inputs, attrs, channels, params });
  }

  channels(name: string): number {
    return this.node(name).channels;
  }

  private node(name: string): GraphNode {
    const node = this.byName.get(name);
    if (!node) throw new Error(`No node ${name} in the graph yet.`);
    return node;
  }

  build(rest: Omit<Graph, 'nodes' | 'params' | 'input' | 'outputs'>): Graph {
    return graphOf(this.nodes, { ...rest, outputs: this.channels(rest.output) });
  }

  private append(node: GraphNode): string {
    if (this.byName.has(node.name)) throw new Error(`Two nodes are called ${node.name}.`);
    this.nodes.push(node);
    this.byName.set(node.name, node);
    return node.name;
  }
}

/** The graph of these nodes. */
export function graphOf(nodes: readonly GraphNode[], rest: Omit<Graph, 'nodes' | 'params' | 'input'>): Graph {
  const params = nodes.flatMap((node) => node.params);
  // Nodes that repeat another have its arrays.
  const unique = [...new Map(params.map((spec) => [spec.name, spec])).values()];
  return { ...rest, nodes, params: unique, input: nodes[0].name };
}

/** @throws Problem where a graph has no such node */
export function requireNode({ id, nodes, defaultTaps }: Graph, name: string): void {
  if (nodes.some((node) => node.name === name)) return;
  throw new Problem(`${id} has no node “${name}”.`, {
    where: name,
    next: `Its usual taps are ${defaultTaps.join(', ')}.`,
  });
}

/** @throws Problem when a picture of this size does not fit the network */
export function requireSize({ id, stride }: Graph, [height, width]: readonly [number, number]): void {
  if (height % stride === 0 && width % stride === 0) return;
  throw new Problem(`A picture of ${width} × ${height} does not fit ${id}: both have to be multiples of ${stride}.`, {
    next: 'Choose another size.',
  });
}

/**
 * Height, width and channels of every node's output for an input of this size.
 * @throws Problem when the size is no multiple of the graph's stride
 */
export function nodeSizes(graph: Graph, [height, width]: readonly [number, number]): Map<string, Size3> {
  requireSize(graph, [height, width]);
  const sizes = new Map<string, Size3>();
  for (const node of graph.nodes) {
    const kind = kindOf(node.kind);
    const inputs = node.inputs.map((input): Size2 => {
      const [h, w] = sizes.get(input)!;
      return [h, w];
    });
    if (!kind.mixedSizes && inputs.some(([h, w]) => h !== inputs[0][0] || w !== inputs[0][1])) {
      throw new Error(`The inputs of ${node.name} differ in size.`);
    }
    const [h, w] = inputs.length > 0 ? kind.size(node.attrs, inputs) : [height, width];
    sizes.set(node.name, [h, w, node.channels]);
  }
  return sizes;
}

/**
 * Parameters, and multiply–accumulates of one forward pass over one image of this size: those of
 * convolutions; element-wise work counts as none. A size that the network pads is counted as padded.
 */
export function countNetwork(
  graph: Graph,
  [height, width]: readonly [number, number],
): { parameters: number; macs: number } {
  const padded = (size: number) => Math.ceil(size / graph.stride) * graph.stride;
  const sizes = nodeSizes(graph, [padded(height), padded(width)]);
  let macs = 0;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => sizes.get(input)!);
    macs += kindOf(node.kind).macs(node.attrs, inputs, sizes.get(node.name)!);
  }
  const own = graph.params.reduce((sum, p) => sum + (p.trainable ? sizeOf(p.shape) : 0), 0);
  return { parameters: graph.nodes.reduce((sum, node) => sum + heldElsewhere(node), own), macs };
}

/** How many parameters of a node another runtime holds. */
export function heldElsewhere({ kind, attrs }: GraphNode): number {
  return kindOf(kind).elsewhere?.(attrs) ?? 0;
}

/** Number of elements of an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
