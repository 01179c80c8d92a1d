import { fuseNodes } from './fuse.ts';
import type { Graph, GraphNode } from './graph.ts';
import { kindOf } from './kinds.ts';

/** The order in which a graph is run, and what is kept on the way. */
export class Plan {
  readonly nodes: readonly GraphNode[];
  /** How many nodes read a node's output. */
  readonly users: ReadonlyMap<string, number>;
  /** Nodes whose output no other reads and that do not give the logits. */
  readonly unread: ReadonlySet<string>;
  /** Nodes whose output some backward needs. */
  readonly kept: ReadonlySet<string>;
  /** How many backward steps may need a node's output: its users', and perhaps its own. */
  readonly needs: ReadonlyMap<string, number>;
  /** Nodes that a gradient must reach: those with parameters, and all after them. */
  readonly learning: ReadonlySet<string>;

  /** @param taps nodes whose own outputs are asked for */
  constructor(graph: Graph, taps: readonly string[]) {
    this.nodes = fuseNodes(graph, taps);
    const users = new Map<string, number>();
    const kept = new Set<string>();
    const needs = new Map<string, number>();
    const need = (name: string) => needs.set(name, (needs.get(name) ?? 0) + 1);
    const learning = new Set<string>();
    for (const { name, kind, inputs, params } of this.nodes) {
      const { keepsInputs, keepsOutput } = kindOf(kind);
      for (const input of inputs) {
        users.set(input, (users.get(input) ?? 0) + 1);
        need(input);
        if (keepsInputs) kept.add(input);
      }
      if (keepsOutput) {
        need(name);
        kept.add(name);
      }
      if (params.some((spec) => spec.trainable) || inputs.some((input) => learning.has(input))) learning.add(name);
    }
    this.users = users;
    this.unread = new Set(
      this.nodes.map(({ name }) => name).filter((name) => !users.has(name) && name !== graph.output),
    );
    this.kept = kept;
    this.needs = needs;
    this.learning = learning;
  }
}
