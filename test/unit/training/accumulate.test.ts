import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { Session, type StepResult } from '../../../src-main/training/session.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { COLORS, tinyCard, tinyData } from './tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-accumulate-'));
const teacher = path.join(root, 'teacher.safetensors');
let data: ReturnType<typeof tinyData>;

beforeAll(async () => {
  await startEngine('cpu');
  data = tinyData(path.join(root, 'data'));
  const network = { id: 'espnet', options: { p: 1, q: 1, width: 0.5 } };
  writeModel(teacher, tinyCard(data, network), initialWeights(buildNetwork(network, 3), 5));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [HEIGHT, WIDTH] = [32, 40];

/** The same picture four times, so that batch norm sees the same in any part, each with labels of its own. */
function batch() {
  const pixels = HEIGHT * WIDTH;
  const image = new Uint8Array(4 * pixels * 3);
  const labels = new Int32Array(4 * pixels);
  for (let i = 0; i < 4 * pixels; i++) {
    const at = i % pixels;
    const color = COLORS[(at >> 4) % 3];
    for (let c = 0; c < 3; c++) image[i * 3 + c] = color[c] + ((at * 7 + c) % 23);
    // The first picture has hardly a labelled pixel, the last none.
    const given = [at < 90, at % 2 === 0, at % 5 > 0, false][Math.floor(i / pixels)];
    labels[i] = given ? (at * (1 + Math.floor(i / pixels))) % 3 : 255;
  }
  return { image, labels, items: Int32Array.of(0, 1, 2, 3) };
}

async function steps(accumulate: number, more: object = {}, change: object = {}) {
  const session = await Session.open(
    {
      kind: 'train',
      folder: root,
      recipe: recipe.parse({
        version: 1,
        name: 'accumulated',
        data: {},
        student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } } },
        methods: [
          { method: 'ce', weight: 1, params: { classWeights: [1, 4, 2] } },
          { method: 'ce.boundary', weight: 0.5, params: { factor: 3 } },
          { method: 'kd', weight: 0.3 },
          { method: 'ace', weight: 0.3 },
          { method: 'bpkd', weight: 0.3 },
          { method: 'csc', weight: 0.3 },
          { method: 'dsd.psd', weight: 0.5 },
          { method: 'dsd.csd', weight: 3 },
          { method: 'fitnets', weight: 0.1, params: { adapter: 'always' } },
        ],
        optimizer: { kind: 'sgd', learningRate: 0.01 },
        schedule: { steps: 10 },
        batch: 4,
        crop: [HEIGHT, WIDTH],
        memory: { accumulate, ...more },
        ...change,
      }),
      data,
      evaluation: null,
      teacher,
      engine: 'cpu',
    },
    null,
  );
  const results: StepResult[] = [];
  const tensors: number[] = [];
  for (let step = 0; step < 2; step++) {
    results.push(session.step(batch(), step));
    tensors.push(tf.memory().numTensors);
  }
  const weights = session.weights();
  session.dispose();
  return { results, weights, tensors };
}

test.each([2, 4])('a step in %i parts is the step of the whole batch', async (parts) => {
  const whole = await steps(1);
  const accumulated = await steps(parts);
  expect(accumulated.tensors[1]).toBe(accumulated.tensors[0]);
  for (const [i, { loss, terms }] of accumulated.results.entries()) {
    expect(loss).toBeCloseTo(whole.results[i].loss, 4);
    for (const [t, { id, value, weighted, gradientNorm }] of terms.entries()) {
      const expected = whole.results[i].terms[t];
      expect(id).toBe(expected.id);
      expect(value).toBeCloseTo(expected.value!, 4);
      expect(weighted).toBeCloseTo(expected.weighted, 4);
      if (i === 0) expect(gradientNorm! / expected.gradientNorm!).toBeCloseTo(1, 3);
      else expect(gradientNorm).toBeUndefined();
    }
  }
  const start = initialWeights(buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, 3), 0);
  expect(distance(start, whole.weights, accumulated.weights)).toBeLessThan(1e-3);
});

test('dropout leaves out the same of each picture, whichever part it is in', async () => {
  const network = { id: 'fcn-r18', options: { width: 0.125, channels: 8, dropout: 0.5 } };
  const change = { student: { network }, methods: [{ method: 'ce', weight: 1 }] };
  const start = initialWeights(buildNetwork(network, 3), 0);
  const [whole, parts] = [await steps(1, {}, change), await steps(4, {}, change)];
  expect(distance(start, whole.weights, parts.weights)).toBeLessThan(1e-3);
  const other = await steps(4, {}, { ...change, seed: 1 });
  expect(distance(start, whole.weights, other.weights)).toBeGreaterThan(0.1);
});

type Weights = ReadonlyMap<string, Float32Array>;

/** Between two trained networks, as a share of how far the first has moved. */
function distance(start: Weights, trained: Weights, other: Weights): number {
  let moved = 0;
  let apart = 0;
  for (const [name, values] of trained) {
    // The running statistics move once for each part.
    if (/\.(mean|variance)$/.test(name)) continue;
    values.forEach((value, i) => {
      moved += (value - start.get(name)![i]) ** 2;
      apart += (value - other.get(name)![i]) ** 2;
    });
  }
  return Math.sqrt(apart / moved);
}
