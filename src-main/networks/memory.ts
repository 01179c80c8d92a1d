/**
 * How much memory a network's passes need, from the graph alone: the executor's walk (execute.ts) with sizes in place of
 * tensors, each allocated and released where the executor does it.
 */
import { type Graph, nodeSizes, sizeOf } from './graph.ts';
import { kindOf } from './kinds.ts';

const FLOAT = 4;

/** Bytes that are alive at once; the network's weights and the input itself, which is the caller's, are not among them. */
export interface GraphMemory {
  /** At most during the forward pass. */
  forward: number;
  /** After it: what the backward pass needs, the logits and the taps. */
  kept: number;
  /** At most during the backward pass, the gradients that enter it included; 0 where not training. */
  backward: number;
}

/**
 * @param size batch, height and width of the input; multiples of the graph's stride
 * @param taps nodes whose outputs the caller gets, and whose gradients enter the backward pass beside the logits'
 * @throws Problem where the size does not fit the network
 */
export function graphMemory(
  graph: Graph,
  [batch, height, width]: readonly [number, number, number],
  { training, taps = [] as readonly string[] }: { training: boolean; taps?: readonly string[] },
): GraphMemory {
  const sizes = nodeSizes(graph, [height, width]);
  const bytes = (name: string) => FLOAT * batch * sizeOf(sizes.get(name)!);
  const scratch = graph.nodes.map((node) => {
    const inputs = node.inputs.map((input) => sizes.get(input)!);
    return kindOf(node.kind).scratch?.(node.attrs, inputs, sizes.get(node.name)!) ?? { forward: 0, backward: 0 };
  });
  const users = new Map<string, number>();
  const kept = new Set<string>();
  const learning = new Set<string>();
  for (const node of graph.nodes) {
    const { keepsInputs, keepsOutput } = kindOf(node.kind);
    if (training && keepsOutput) kept.add(node.name);
    for (const input of node.inputs) {
      users.set(input, (users.get(input) ?? 0) + 1);
      if (training && keepsInputs) kept.add(input);
    }
    if (node.params.some((spec) => spec.trainable) || node.inputs.some((input) => learning.has(input)))
      learning.add(node.name);
  }

  const meter = new Meter();
  const values = new Map<string, Buffer>();
  const given: Buffer[] = [];
  const left = new Map(users);
  for (const [i, node] of graph.nodes.entries()) {
    // The input shares the caller's memory.
    const output = meter.take(i === 0 ? 0 : bytes(node.name));
    meter.touch(FLOAT * batch * scratch[i].forward);
    values.set(node.name, output);
    if (taps.includes(node.name)) given.push(output.share());
    for (const input of node.inputs) {
      left.set(input, left.get(input)! - 1);
      if (left.get(input) === 0 && !kept.has(input)) values.get(input)!.release();
    }
  }
  const logits = values.get(graph.output)!;
  given.push(kept.has(graph.output) ? logits.share() : logits);
  const forward = meter.peak;
  const result = { forward, kept: meter.now, backward: 0 };
  if (!training) return result;

  for (const one of given) one.release();
  meter.peak = meter.now;
  const arriving = new Map<string, Buffer[]>();
  const arrive = (name: string, gradient: Buffer) => arriving.set(name, [...(arriving.get(name) ?? []), gradient]);
  // The caller holds the gradients that it gives until the end.
  for (const name of new Set([graph.output, ...taps])) arrive(name, meter.take(bytes(name)).share());
  const open = new Map(users);
  for (const { name, kind } of graph.nodes) if (kindOf(kind).keepsOutput) open.set(name, (open.get(name) ?? 0) + 1);
  for (const [i, node] of [...graph.nodes.entries()].reverse()) {
    const list = arriving.get(node.name) ?? [];
    arriving.delete(node.name);
    if (list.length > 0 && learning.has(node.name)) {
      const gradient = list.length > 1 ? meter.take(bytes(node.name)) : list[0].share();
      for (const one of list) one.release();
      const wanted = node.inputs.filter((input) => learning.has(input));
      for (const input of wanted)
        arrive(input, kindOf(node.kind).sharesGradient ? gradient.share() : meter.take(bytes(input)));
      meter.touch(FLOAT * batch * scratch[i].backward);
      gradient.release();
      for (const spec of node.params) if (spec.trainable) meter.take(FLOAT * sizeOf(spec.shape));
    } else for (const one of list) one.release();
    for (const name of kindOf(node.kind).keepsOutput ? [node.name, ...node.inputs] : node.inputs) {
      open.set(name, open.get(name)! - 1);
      if (open.get(name) === 0 && kept.has(name)) values.get(name)!.release();
    }
  }
  return { ...result, backward: meter.peak };
}

/** Counts bytes as they are taken and given back. */
class Meter {
  now = 0;
  peak = 0;

  take(bytes: number): Buffer {
    this.now += bytes;
    this.touch(0);
    return new Buffer(this, bytes);
  }

  /** Notes that so many bytes are held for a moment besides. */
  touch(bytes: number): void {
    this.peak = Math.max(this.peak, this.now + bytes);
  }
}

/** Memory with one or more owners, as tensors share it. */
class Buffer {
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
