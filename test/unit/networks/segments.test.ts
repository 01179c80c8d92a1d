import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { type Graph, GraphBuilder, nodeSizes, sizeOf } from '../../../src-main/networks/graph.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { kindOf } from '../../../src-main/networks/kinds.ts';
import { graphMemory } from '../../../src-main/networks/memory.ts';
import { Plan } from '../../../src-main/networks/plan.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { chooseSegments, Segments } from '../../../src-main/networks/segments.ts';
import { walk } from '../../../src-main/networks/walk.ts';
import { SOME_NETWORKS } from './some-networks.ts';

beforeAll(async () => {
  await startEngine('cpu');
});
afterEach(() => expect(tf.memory().numTensors).toBe(0));

/** A network that begins with what reads running values, which a pass moves. */
function readingRunning(): Graph {
  const b = new GraphBuilder(3);
  const conv = (name: string, input: string) => b.add(name, 'conv', [input], { filters: 8, kernel: 3, padding: 1 });
  let end = b.add('told', 'emAttention', [conv('first', 'input')], { bases: 4, stages: 2 });
  end = b.add('sum', 'add', [conv('told.conv', end), 'first']);
  for (let i = 0; i < 12; i++) end = b.add(`relu${i}`, 'relu', [conv(`conv${i}`, end)]);
  const rest = { id: 'trial', options: {}, stride: 1, logitsStride: 1, defaultTaps: [] };
  return b.build({ ...rest, output: end });
}

const graphs = [...SOME_NETWORKS.map((id) => buildNetwork({ id, options: {} }, 5)), readingRunning()];

describe.each(graphs)('$id', (graph) => {
  const size = Math.max(2 * graph.stride, 64);
  const taps = [...graph.defaultTaps];

  /** One training pass: everything that it leaves, as numbers. */
  function pass(checkpointing: boolean) {
    const executable = new Executable(graph, initialWeights(graph, 1));
    const x = tf.randomNormal([2, size, size, 3], 0, 1, 'float32', 7) as Tensor4D;
    const first = executable.forward(x, { training: true });
    executable.discard(first.saved!);
    first.logits.dispose();
    const before = tf.memory().numBytes;
    const { logits, taps: tapped, saved } = executable.forward(x, { training: true, checkpointing, taps });
    const kept = tf.memory().numBytes - before;
    const gradients = new Map<string, Tensor4D>();
    for (const [name, { shape }] of new Map([[graph.output, logits], ...tapped])) {
      gradients.set(name, tf.randomNormal(shape, 0, 1, 'float32', 1 + gradients.size) as Tensor4D);
    }
    const answer = executable.backward(saved!, gradients);
    const numbers = new Map([...answer].map(([name, gradient]) => [name, gradient.dataSync<'float32'>()]));
    for (const [name, values] of executable.weights()) numbers.set(`weights of ${name}`, values);
    numbers.set('logits', logits.dataSync<'float32'>());
    tf.dispose([x, logits, ...tapped.values(), ...gradients.values(), ...answer.values()]);
    executable.dispose();
    return { numbers, kept };
  }

  test('gives the same bits with checkpoints as without, running statistics included, and keeps less', () => {
    const whole = pass(false);
    const checkpointed = pass(true);
    expect(checkpointed.kept).toBeLessThan(0.8 * whole.kept);
    expect([...checkpointed.numbers.keys()]).toEqual([...whole.numbers.keys()]);
    for (const [name, values] of whole.numbers) {
      expect(Buffer.compare(bytesOf(values), bytesOf(checkpointed.numbers.get(name)!)), name).toBe(0);
    }
  });

  test('needs less memory by the chosen cuts than without any', () => {
    const peak = (checkpointing: boolean) => {
      const { forward, backward } = graphMemory(graph, [8, 4 * size, 4 * size], {
        training: true,
        checkpointing,
        taps,
      });
      return Math.max(forward, backward);
    };
    expect(peak(true)).toBeLessThan(0.75 * peak(false));
  });

  test('a forward pass that is given up leaves nothing', () => {
    const executable = new Executable(graph, initialWeights(graph, 1));
    const x = tf.zeros([1, size, size, 3]) as Tensor4D;
    const { logits, saved } = executable.forward(x, { training: true, checkpointing: true });
    executable.discard(saved!);
    tf.dispose([x, logits]);
    executable.dispose();
  });

  test('any cuts give the memory back in the end, and hold the input', () => {
    const plan = new Plan(graph, taps);
    const sizes = nodeSizes(graph, [size, size]);
    const chosen = chooseSegments(graph, plan, sizes, 1, taps);
    expect(chosen.held.size).toBeLessThan(plan.kept.size);
    const { kept } = graphMemory(graph, [1, size, size], { training: true, taps });
    // What cannot be run again is held in any case.
    const once = plan.nodes.filter(({ kind }) => kindOf(kind).readsRunning);
    const more = once.reduce((sum, { name }) => sum + 4 * sizeOf(sizes.get(name)!), 0);
    for (let start = 1; start < plan.nodes.length; start += 7) {
      const segments = new Segments(plan, [start]);
      expect(segments.held).toContain(graph.input);
      const told = walk({ graph, plan, sizes, batch: 1, taps, training: true, segments });
      expect(told.kept).toBeLessThanOrEqual(kept + more);
    }
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
