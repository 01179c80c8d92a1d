import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { measureSpeed, quantile } from '../../../src-main/evaluation/speed.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { frozenModel, type OpenModel } from '../../../src-main/training/model.ts';
import { tinyCard } from '../training/tiny.ts';

beforeAll(() => startEngine('wasm'));

test('quantiles are values that were measured (nearest rank)', () => {
  const values = Array.from({ length: 20 }, (_, i) => i + 1);
  expect([0.5, 0.95, 1].map((share) => quantile(values, share))).toEqual([10, 19, 20]);
  expect(quantile([7], 0.95)).toBe(7);
});

test('a model is timed pass by pass, after some that are not counted, and nothing of it stays', async () => {
  const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
  const graph = buildNetwork(network, 3);
  const card = tinyCard({ root: '', classes: [], values: [], items: [], hash: '' }, network);
  let passes = 0;
  const open = async (): Promise<OpenModel> => {
    const model = frozenModel(card, initialWeights(graph, 1));
    const { executable } = model;
    const forward: OpenModel['executable']['forward'] = (...call) => {
      passes++;
      return executable.forward(...call);
    };
    return { ...model, executable: { graph, forward, dispose: () => executable.dispose() } };
  };
  const before = tf.memory().numTensors;
  const told: number[] = [];
  const speed = await measureSpeed(open, [32, 48], true, (done) => told.push(done));
  expect(tf.memory().numTensors).toBe(before);
  expect(speed.passes).toBe(told.length);
  expect(told.at(-1)).toBe(speed.passes);
  expect(passes).toBe(speed.passes + 5);
  expect(speed.p95Ms).toBeGreaterThanOrEqual(speed.medianMs);
  expect(speed.memory).toBeGreaterThanOrEqual(0);
  expect((await measureSpeed(open, [32, 48], false)).memory).toBeNull();
});
