import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { graphMemory } from '../../../src-main/networks/memory.ts';
import { Plan } from '../../../src-main/networks/plan.ts';
import { buildNetwork, buildToTrain } from '../../../src-main/networks/registry.ts';
import { SOME_NETWORKS } from './some-networks.ts';

beforeAll(async () => {
  await startEngine('cpu');
});

const trained = buildToTrain({ id: 'pspnet-r18', options: {} }, 5);
const cases = [
  ...SOME_NETWORKS.map((id) => ({ id, graph: buildNetwork({ id, options: {} }, 5) })),
  { id: 'pspnet-r18 with its auxiliary output', graph: trained },
];

describe.each(cases)('$id', ({ graph }) => {
  const size = 2 * Math.max(graph.stride, 32);
  const taps = [...graph.defaultTaps, ...(graph.auxiliaries ?? []).map(({ node }) => node)];
  const plan = new Plan(graph, taps);

  test.each([true, false])('keeps as many bytes as is told after a forward pass, training: %s', (training) => {
    const executable = new Executable(graph, initialWeights(graph, 1));
    const x = tf.randomNormal([2, size, size, 3]) as Tensor4D;
    // The first pass makes the views of the weights that stay.
    for (let pass = 0; pass < 2; pass++) {
      const before = tf.memory().numBytes;
      const { logits, taps: tapped, saved } = executable.forward(x, { training, taps });
      const told = graphMemory(graph, [2, size, size], { training, taps });
      // Another handle on the same values is counted as if it had its own: those of the input and the taps,
      // where they are kept.
      const keptTaps = [...tapped].filter(([name]) => plan.kept.has(name)).map(([, tap]) => tap);
      const twice = (training ? [x, ...keptTaps] : []).reduce((sum, { size }) => sum + 4 * size, 0);
      // What is a vector per channel is not told.
      if (pass > 0) expect((tf.memory().numBytes - before) / (told.kept + twice)).toBeCloseTo(1, 1.5);
      tf.dispose([logits, ...tapped.values()]);
      if (saved) executable.discard(saved);
      expect(told.forward).toBeGreaterThanOrEqual(told.kept);
      if (training) expect(told.backward).toBeGreaterThan(told.kept / 2);
      else expect(told.backward).toBe(0);
    }
    x.dispose();
    executable.dispose();
  });
});

test('twice the batch takes twice the bytes, a forward pass alone far fewer', () => {
  const graph = buildNetwork({ id: 'espnet', options: {} }, 12);
  const one = graphMemory(graph, [1, 64, 96], { training: true });
  const two = graphMemory(graph, [2, 64, 96], { training: true });
  expect(two.kept).toBe(2 * one.kept);
  expect(graphMemory(graph, [1, 64, 96], { training: false }).forward).toBeLessThan(one.forward / 4);
});
