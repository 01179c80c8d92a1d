import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { compareTeacherCache } from '../../../src-main/training/compare-teacher.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { tinyCard, tinyData } from './tiny.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const teacher = path.join(root, 'teacher.safetensors');
const data = tinyData(path.join(root, 'data'));
const options = { p: 1, q: 1, width: 0.5 };

beforeAll(async () => {
  await startEngine();
  const network = { id: 'espnet', options };
  writeModel(teacher, tinyCard(data, network), initialWeights(buildNetwork(network, 3), 5));
});

function compare(change: object) {
  const value = recipe.parse({
    version: 1,
    name: 'tiny',
    data: {},
    student: { network: { id: 'espnet-c', options } },
    methods: ['ce', 'dsd.psd', 'dsd.csd'].map((method) => ({ method, weight: 1 })),
    augmentation: { scale: [1, 1], flip: 0 },
    schedule: { steps: 1 },
    batch: 4,
    crop: [48, 64],
    ...change,
  });
  const job = { kind: 'train' as const, folder: '', recipe: value, data, evaluation: null, teacher, engine: 'auto' };
  return compareTeacherCache(job, () => {});
}

test('where crops are whole images at their own size, only the stored form makes a difference', async () => {
  const tensors = tf.memory().numTensors;
  const found = await compare({});
  expect(found).toMatchObject({ images: 6, crops: 32 });
  expect(found.maps.map(({ node, logits }) => [node, logits])).toEqual([
    ['logits', true],
    ['level1', false],
    ['level2', false],
    ['level3', false],
  ]);
  for (const { mean, worst } of found.maps) {
    expect(mean).toBeGreaterThan(0);
    expect(worst).toBeLessThan(2 ** -11);
  }
  expect(found.otherClass.worst).toBeLessThan(0.05);
  for (const { live, cached, worst } of found.terms) {
    expect(live).toBeGreaterThan(0);
    expect(cached).toBeCloseTo(live, 3);
    expect(worst).toBeLessThan(0.05);
  }
  expect(tf.memory().numTensors).toBe(tensors);
});

test('crops, scales and flips make a difference that is told, term by term', async () => {
  const found = await compare({ crop: [32, 40], augmentation: { scale: [0.7, 1.4], flip: 0.5 } });
  for (const { mean, worst } of found.maps) {
    expect(mean).toBeGreaterThan(0.01);
    expect(worst).toBeGreaterThan(mean);
  }
  expect(found.terms.map(({ id, mean }) => [id, mean > 0])).toEqual([
    ['ce', false],
    ['dsd.psd', true],
    ['dsd.csd', true],
  ]);
});

test('a recipe without a teaching method has nothing to compare', async () => {
  await expect(compare({ methods: [{ method: 'ce', weight: 1 }] })).rejects.toThrow(/nothing to compare/);
});
