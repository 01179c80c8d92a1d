/** Dropout, which only a network that is trained has. */
import { type Graph, type GraphBuilder, type GraphNode, graphOf } from './graph.ts';
import type { Option } from './network.ts';

/** Of networks with dropout before the classifiers, as mmsegmentation's heads have it with 0.1. */
export const dropoutOption: Option = {
  ...{ name: 'dropout', title: 'Spatial dropout before the classifiers in training; mmsegmentation has 0.1' },
  ...{ default: 0, min: 0, max: 0.9, integer: false },
};

const KINDS = ['dropout', 'spatialDropout'] as const;

/** Adds dropout with probability `p`; nothing where that is 0. @returns the node to go on from */
export function addDropout(
  b: GraphBuilder,
  name: string,
  input: string,
  p: number,
  kind: (typeof KINDS)[number] = 'spatialDropout',
): string {
  return p === 0 ? input : b.add(name, kind, [input], { p });
}

/** The graph with spatial dropout before what gives the logits and the auxiliary logits. */
export function withDropout(graph: Graph, p: number): Graph {
  if (p === 0) return graph;
  const answers = [graph.output, ...(graph.auxiliaries ?? []).flatMap(({ node, loss }) => (loss ? [] : [node]))];
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  // Logits that are a sum have as many classifiers
  const ends = new Set(
    answers.flatMap((name) => (byName.get(name)!.kind === 'add' ? byName.get(name)!.inputs : [name])),
  );
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (!ends.has(node.name)) return [node];
    const [input] = node.inputs;
    const { channels } = byName.get(input)!;
    const name = `${node.name}.dropout`;
    const dropout = { name, kind: 'spatialDropout', inputs: [input], attrs: { p }, channels, params: [] };
    return [dropout, { ...node, inputs: [name] }];
  });
  return graphOf(nodes, graph);
}

/** The graph without its dropout, as it is run. */
export function withoutDropout(graph: Graph): Graph {
  const before = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const inputs = node.inputs.map((input) => before.get(input) ?? input);
    if (!(KINDS as readonly string[]).includes(node.kind)) return [{ ...node, inputs }];
    before.set(node.name, inputs[0]);
    return [];
  });
  return before.size === 0 ? graph : graphOf(nodes, graph);
}
