/**
 * The memory of a network's passes, without running them: the executor's walk (execute.ts) with sizes in place of
 * tensors, each taken and given back where the executor does it. Pure.
 */
import { type Graph, type GraphNode, sizeOf } from './graph.ts';
import { kindOf } from './kinds.ts';
import type { Size3 } from './node-kind.ts';
import type { Plan } from './plan.ts';
import type { Segments } from './segments.ts';

const FLOAT = 4;
const HALF = 2;

/** Bytes that are alive at once; the network's weights and the input itself, which is the caller's, are not among them. */
export interface PassMemory {
  /** At most during the forward pass. */
  forward: number;
  /** After it: what the backward pass needs, the logits and the taps. */
  kept: number;
  /** At most during the backward pass, the gradients that enter it included; 0 where not training. */
  backward: number;
}

interface Walked {
  graph: Graph;
  plan: Plan;
  /** Of every node's output, of one image. */
  sizes: ReadonlyMap<string, Size3>;
  batch: number;
  taps: readonly string[];
  training: boolean;
  /** Null where all that the backward pass needs is kept. */
  segments: Segments | null;
  /** Whether products compute in half precision. */
  half?: boolean;
}

export function walk({ graph, plan, sizes, batch, taps, training, segments, half = false }: Walked): PassMemory {
  const meter = new Meter();
  const values = new Map<string, Block>();
  const bytes = (name: string) => FLOAT * batch * sizeOf(sizes.get(name)!);
  const release = (name: string) => {
    values.get(name)?.release();
    values.delete(name);
  };
  /** Runs nodes one after the other; what is used up and not `keeps` is released. */
  const run = (nodes: readonly GraphNode[], left: Map<string, number>, keeps: (name: string) => boolean) => {
    for (const node of nodes) {
      // The input shares the caller's memory.
      values.set(node.name, meter.take(node.inputs.length === 0 ? 0 : bytes(node.name)));
      meter.touch(scratch(node).forward);
      if (taps.includes(node.name)) given.push(values.get(node.name)!.share());
      if (plan.unread.has(node.name) && !keeps(node.name)) release(node.name);
      for (const input of node.inputs) {
        left.set(input, left.get(input)! - 1);
        if (left.get(input) === 0 && !keeps(input)) release(input);
      }
    }
  };
  const scratch = (node: GraphNode) => {
    const inputs = node.inputs.map((input) => sizes.get(input)!);
    const { scratch, rounds } = kindOf(node.kind);
    const found = scratch?.(node.attrs, inputs, sizes.get(node.name)!);
    const bytes = { forward: FLOAT * batch * (found?.forward ?? 0), backward: FLOAT * batch * (found?.backward ?? 0) };
    if (!half || !rounds) return bytes;
    // The copies of both sides are there at once, but forwards not yet the output, backwards not yet a gradient.
    const [before, after] = [inputs.reduce((sum, size) => sum + sizeOf(size), 0), sizeOf(sizes.get(node.name)!)];
    const filter = node.params.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return {
      forward: bytes.forward + HALF * (batch * Math.max(before, after) + filter),
      backward: bytes.backward + HALF * (batch * (before + after) + filter),
    };
  };

  const given: Block[] = [];
  const kept = segments ? segments.held : plan.kept;
  const keeps = (name: string) => training && kept.has(name);
  run(plan.nodes, new Map(plan.users), keeps);
  given.push(values.get(graph.output)!.share());
  if (!keeps(graph.output)) release(graph.output);
  const result = { forward: meter.peak, kept: meter.now, backward: 0 };
  if (!training) return result;

  for (const one of given.splice(0)) one.release();
  meter.peak = meter.now;
  const arriving = new Map<string, Block[]>();
  const arrive = (name: string, gradient: Block) => arriving.set(name, [...(arriving.get(name) ?? []), gradient]);
  // The caller holds the gradients that it gives until the end.
  for (const name of new Set([graph.output, ...taps])) arrive(name, meter.take(bytes(name)).share());
  const left = new Map(plan.needs);
  for (const node of [...plan.nodes].reverse()) {
    const again = segments?.before(node);
    if (again) run(again.nodes, new Map(again.users), (name) => plan.kept.has(name) || kept.has(name));
    const list = arriving.get(node.name) ?? [];
    arriving.delete(node.name);
    const { keepsOutput, sharesGradient } = kindOf(node.kind);
    if (list.length > 0 && plan.learning.has(node.name)) {
      const gradient = list.length > 1 ? meter.take(bytes(node.name)) : list[0].share();
      for (const one of list) one.release();
      for (const input of node.inputs) {
        if (plan.learning.has(input)) arrive(input, sharesGradient ? gradient.share() : meter.take(bytes(input)));
      }
      meter.touch(scratch(node).backward);
      gradient.release();
      for (const spec of node.params) if (spec.trainable) meter.take(FLOAT * sizeOf(spec.shape));
    } else for (const one of list) one.release();
    for (const name of keepsOutput ? [node.name, ...node.inputs] : node.inputs) {
      left.set(name, left.get(name)! - 1);
      if (left.get(name) === 0) release(name);
    }
  }
  return { ...result, backward: meter.peak };
}

/** Counts bytes as they are taken and given back. */
class Meter {
  now = 0;
  peak = 0;

  take(bytes: number): Block {
    this.now += bytes;
    this.touch(0);
    return new Block(this, bytes);
  }

  /** Notes that so many bytes are held for a moment besides. */
  touch(bytes: number): void {
    this.peak = Math.max(this.peak, this.now + bytes);
  }
}

/** Memory with one or more owners, as tensors share it. */
class Block {
  private readonly meter: Meter;
  private readonly bytes: number;
  private owners = 1;

  constructor(meter: Meter, bytes: number) {
    this.meter = meter;
    this.bytes = bytes;
  }

  share(): this {
    this.owners++;
    return this;
  }

  release(): void {
    if (--this.owners === 0) this.meter.now -= this.bytes;
  }
}
