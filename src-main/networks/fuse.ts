/** Nodes that run as one: a batch norm with the sum and the activation after it. The graph that is written stays. */
import { ACTIVATIONS, type Activation } from '../engine/ops/norm-act.ts';
import type { Graph, GraphNode } from './graph.ts';

/**
 * The nodes to run a graph by: every batch norm is a node of kind normAct or normAddAct, together with the add and the
 * activation that follow it, as far as nothing else reads what lies between. The fused node carries the name of its last
 * part.
 * @param keep nodes whose own outputs are asked for
 */
export function fuseNodes(graph: Graph, keep: readonly string[] = []): GraphNode[] {
  const users = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  }
  const place = new Map(graph.nodes.map((node, i) => [node.name, i]));
  /** The node that alone reads this one's output. */
  const only = ({ name }: GraphNode) => {
    const list = users.get(name) ?? [];
    return list.length === 1 && name !== graph.output && !keep.includes(name) ? list[0] : undefined;
  };
  /** Fused nodes by the name of their last part, and the parts before it. */
  const fused = new Map<string, GraphNode>();
  const gone = new Set<string>();
  for (const norm of graph.nodes) {
    if (norm.kind !== 'batchNorm' || gone.has(norm.name)) continue;
    let last = norm;
    const inputs = [...norm.inputs];
    const sum = only(norm);
    const after = sum?.kind === 'add' && sum.inputs.length === 2 ? only(sum) : undefined;
    // A sum is taken in only before ReLU or ReLU6, whose gradients their own outputs tell.
    if (sum && after && ['relu', 'relu6'].includes(after.kind)) {
      const other = sum.inputs.find((name) => name !== norm.name);
      // Of two batch norms that meet in a sum, the later one takes it in.
      if (other && !gone.has(sum.name) && (place.get(other)! < place.get(norm.name)! || !isNorm(other))) {
        inputs.push(other);
        gone.add(norm.name).add(sum.name);
        last = after;
      }
    }
    const act = last === norm ? only(norm) : undefined;
    if (act && isActivation(act.kind)) {
      gone.add(norm.name);
      last = act;
    }
    const params = last === norm ? norm.params : [...norm.params, ...last.params];
    const kind = isActivation(last.kind) ? last.kind : 'none';
    fused.set(last.name, {
      name: last.name,
      kind: inputs.length > 1 ? 'normAddAct' : 'normAct',
      inputs,
      attrs: { epsilon: norm.attrs.epsilon, act: ACTIVATIONS.indexOf(kind) },
      channels: last.channels,
      params,
    });
  }
  return graph.nodes.filter(({ name }) => !gone.has(name)).map((node) => fused.get(node.name) ?? node);

  function isNorm(name: string): boolean {
    return graph.nodes[place.get(name)!].kind === 'batchNorm';
  }
}

function isActivation(kind: string): kind is Exclude<Activation, 'none'> {
  return kind !== 'none' && (ACTIVATIONS as readonly string[]).includes(kind);
}
