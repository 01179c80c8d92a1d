/**
 * Activation checkpointing (Chen, Xu, Zhang, Guestrin: Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174):
 * the nodes in segments, of which the forward pass keeps only what later ones read. Before the backward pass goes
 * through a segment, its nodes are run again, with the same bits. The last one is kept whole, as it is needed at once.
 */
import type { Graph, GraphNode } from './graph.ts';
import { sizeOf } from './graph.ts';
import { kindOf } from './kinds.ts';
import type { Size3 } from './node-kind.ts';
import type { Plan } from './plan.ts';
import { walk } from './walk.ts';

/** Nodes that are run again, in order, and how many of them read an output. */
export interface Again {
  nodes: GraphNode[];
  users: Map<string, number>;
}

export class Segments {
  /** Nodes whose output is kept from the forward pass to the backward. */
  readonly held: ReadonlySet<string>;
  private readonly again: { last: GraphNode; again: Again }[];
  private readonly rerun: ReadonlySet<string>;

  /** @param starts the places of the segments' first nodes but the first one's, rising */
  constructor(plan: Plan, starts: readonly number[]) {
    const { nodes, kept } = plan;
    const bounds = [0, ...starts, nodes.length];
    const segmentOf = new Map<string, number>();
    for (let s = 0; s + 1 < bounds.length; s++) {
      for (const { name } of nodes.slice(bounds[s], bounds[s + 1])) segmentOf.set(name, s);
    }
    const last = starts.length;
    // The input cannot be computed again.
    const held = new Set([nodes[0].name]);
    for (const { name, kind, inputs } of nodes) {
      const own = segmentOf.get(name)!;
      if (own === last && kept.has(name)) held.add(name);
      // The running values that it read have moved on by then.
      if (kindOf(kind).readsRunning) held.add(name);
      for (const input of inputs) {
        if (segmentOf.get(input)! < own && (own < last || kindOf(kind).keepsInputs)) held.add(input);
      }
    }
    this.held = held;
    this.again = Array.from({ length: last }, (_, s) => {
      const segment = nodes.slice(bounds[s], bounds[s + 1]);
      return { last: segment[segment.length - 1], again: againOf(segment, held) };
    });
    this.rerun = new Set(this.again.flatMap(({ again }) => again.nodes.map(({ name }) => name)));
  }

  /** What must be run again before the backward pass takes this node; undefined where nothing is new. */
  before(node: GraphNode): Again | undefined {
    return this.again.find(({ last }) => last === node)?.again;
  }

  /** Whether a node is run again, so that nothing of its first run is needed. */
  runsAgain({ name }: GraphNode): boolean {
    return this.rerun.has(name);
  }
}

/** Of a segment's nodes those whose outputs, or what they save, its backward pass needs and the forward one did not keep. */
function againOf(segment: readonly GraphNode[], held: ReadonlySet<string>): Again {
  const needed = new Set<string>();
  const nodes: GraphNode[] = [];
  const users = new Map<string, number>();
  for (const node of [...segment].reverse()) {
    const { keepsInputs, keepsOutput, saves } = kindOf(node.kind);
    const runs = !held.has(node.name) && (keepsOutput || saves || needed.has(node.name));
    if (runs) {
      nodes.unshift(node);
      for (const input of node.inputs) users.set(input, (users.get(input) ?? 0) + 1);
    }
    if (runs || keepsInputs) for (const input of node.inputs) needed.add(input);
  }
  return { nodes, users };
}

/**
 * The segments with which a training step's passes need the least memory, among those of equal shares of what would be
 * kept, each cut where the fewest bytes cross.
 * @param sizes of every node's output, for one image of the batch
 */
export function chooseSegments(
  graph: Graph,
  plan: Plan,
  sizes: ReadonlyMap<string, Size3>,
  batch: number,
  taps: readonly string[],
): Segments {
  const { nodes, kept } = plan;
  const bytes = (name: string) => sizeOf(sizes.get(name)!);
  /** Before each node: what would be kept up to there, and what is read from there on. */
  const behind: number[] = [];
  const crossing: number[] = [];
  const lastUse = new Map(nodes.flatMap(({ inputs }, i) => inputs.map((input) => [input, i] as const)));
  let sum = 0;
  for (const [i, { name }] of nodes.entries()) {
    behind.push(sum);
    const open = nodes.slice(1, i).filter((node) => (lastUse.get(node.name) ?? 0) >= i);
    crossing.push(open.reduce((all, node) => all + bytes(node.name), 0));
    if (kept.has(name)) sum += bytes(name);
  }
  let best = new Segments(plan, []);
  let least = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= 2 * Math.sqrt(nodes.length); count++) {
    const share = sum / count;
    const starts = new Set<number>();
    for (let s = 1; s < count; s++) {
      const near = nodes.map((_, i) => i).filter((i) => i > 0 && Math.abs(behind[i] - s * share) <= share / 3);
      if (near.length > 0) starts.add(near.reduce((a, b) => (crossing[b] < crossing[a] ? b : a)));
    }
    const segments = new Segments(
      plan,
      [...starts].sort((a, b) => a - b),
    );
    const { forward, backward } = walk({ graph, plan, sizes, batch, taps, training: true, segments });
    const peak = Math.max(forward, backward);
    if (peak < least) [least, best] = [peak, segments];
  }
  return best;
}
