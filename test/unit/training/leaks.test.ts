/** A long run in small: what a step takes it gives back. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import type { Batch } from '../../../src-main/training/loader.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session } from '../../../src-main/training/session.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { COLORS } from './tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-leaks-'));
const teacher = path.join(root, 'teacher.safetensors');
const classes = COLORS.map((color, i) => ({ name: `Class ${i}`, color }));
const small = { p: 1, q: 1, width: 0.5 };

beforeAll(async () => {
  await startEngine('cpu');
  const network = { id: 'espnet', options: small };
  const more = { licence: '', source: '', sha256: '', preprocessing: STUDENT_PREPROCESSING };
  const card = { name: 'teacher', network, classes, outputs: 3, ...more };
  writeModel(teacher, card, initialWeights(buildNetwork(network, 3), 5));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const METHODS = [
  { method: 'ce', weight: 1 },
  { method: 'kd', weight: 0.5 },
  { method: 'dsd.psd', weight: 0.5 },
  { method: 'fitnets', weight: 1, params: { adapter: 'always' } },
  { method: 'dsd.csd', weight: 3 },
];

async function session(memory: object, methods: object[], size: number): Promise<{ session: Session; batch: Batch }> {
  const job = {
    kind: 'train' as const,
    folder: root,
    recipe: recipe.parse({
      version: 1,
      name: 'long',
      data: {},
      student: { network: { id: 'espnet-c', options: small } },
      methods,
      schedule: { steps: 1000 },
      batch: 2,
      crop: [size, size],
      memory,
    }),
    data: { root, classes, values: [], items: [], hash: '' },
    evaluation: null,
    teacher,
    engine: 'cpu',
  };
  const image = Uint8Array.from({ length: 2 * size * size * 3 }, (_, i) => (i * 37) % 251);
  const labels = Int32Array.from({ length: 2 * size * size }, (_, i) => (i >> 3) % 3);
  return { session: await Session.open(job, null), batch: { image, labels, items: Int32Array.of(0, 1) } };
}

test.each([
  { accumulate: 1, checkpointing: false },
  { accumulate: 2, checkpointing: false },
  { accumulate: 1, checkpointing: true },
  { accumulate: 2, checkpointing: true },
])('the tensors of a distillation step are gone after it: %o', async (memory) => {
  const before = tf.memory().numTensors;
  const { session: running, batch } = await session(memory, METHODS, 32);
  // The first step takes gradient norms too and makes the views of weights that stay.
  running.step(batch, 0);
  const { numTensors, numBytes } = tf.memory();
  for (let step = 1; step < 4; step++) running.step(batch, step);
  running.step(batch, 50);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  running.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('1,000 steps leave no tensor behind, and no memory outside of tensors', async () => {
  const { session: running, batch } = await session({ checkpointing: true }, METHODS.slice(0, 1), 16);
  const steps = (from: number, to: number) => {
    for (let step = from; step < to; step++) running.step(batch, step);
    return process.memoryUsage.rss();
  };
  running.step(batch, 0);
  const { numTensors, numBytes } = tf.memory();
  // Half of them let the allocator and the collector find their size.
  const half = steps(1, 500);
  const whole = steps(500, 1000);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  expect((whole - half) / 2 ** 20).toBeLessThan(64);
  running.dispose();
}, 300_000);
