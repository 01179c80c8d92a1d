import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ItemFeatures } from '../../../src-main/contract/embedding.ts';
import type { FromWorker, JobData } from '../../../src-main/contract/job.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { embed, embedItems, MOST_CHANNELS } from '../../../src-main/embedding/embed.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { frozenModel, type OpenModel, wholeInput } from '../../../src-main/training/model.ts';
import { pictureTensor } from '../../../src-main/training/normalise.ts';
import { Reporter } from '../../../src-main/training/reporter.ts';
import { tinyCard, tinyData } from '../training/tiny.ts';

const TAP = 'level3';
/** No multiple of the network's stride of 8: the input is padded. */
const SIZE: [number, number] = [44, 60];

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-embed-'));
let data: JobData;

function modelOf(options: Record<string, number>) {
  const network = { id: 'espnet-c', options };
  return frozenModel(tinyCard(data, network), initialWeights(buildNetwork(network, 3), 4));
}

async function featuresOf(model: OpenModel, some: JobData): Promise<(ItemFeatures | null)[]> {
  const all: (ItemFeatures | null)[] = [];
  await embedItems(model, TAP, some, (features, done) => {
    all.push(features);
    expect(done).toBe(all.length);
  });
  return all;
}

beforeAll(async () => {
  await startEngine('wasm');
  data = tinyData(path.join(root, 'data'), 4, SIZE);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Means over pixels, each of which has the feature of the cell that it lies in. */
function slowMeans(model: OpenModel, item: JobData['items'][number]): Map<number | 'all', number[]> {
  const { image, labels } = readItem(data.root, item, Uint16Array.from(data.values));
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const { taps } = model.executable.forward(wholeInput(model, picture), { taps: [TAP] });
  const features = taps.get(TAP)!.arraySync()[0];
  const sums = new Map<number | 'all', number[]>();
  for (let p = 0; p < labels!.length; p++) {
    const cell = features[Math.floor(p / image.width / 8)][Math.floor((p % image.width) / 8)];
    for (const key of labels![p] === 255 ? (['all'] as const) : (['all', labels![p]] as const)) {
      const sum = sums.get(key) ?? new Array<number>(cell.length).fill(0);
      cell.forEach((value, c) => {
        sum[c] += value;
      });
      sums.set(key, sum);
    }
  }
  return sums;
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function expectClose(vector: Float32Array, expected: readonly number[]): void {
  expect(vector).toHaveLength(expected.length);
  expect(Math.max(...expected.map((value, c) => Math.abs(value - vector[c])))).toBeLessThan(1e-4);
}

test('features are the means over the image’s and each class’s own pixels, at length 1', async () => {
  const model = modelOf({ p: 1, q: 1, width: 0.5 });
  const found = await featuresOf(model, data);
  expect(found.map((one) => one?.item)).toEqual(data.items.map(({ id }) => id));
  for (const [i, features] of found.entries()) {
    const means = slowMeans(model, data.items[i]);
    expectClose(features!.vector, unit(means.get('all')!));
    expect(features!.classes.length).toBeGreaterThan(0);
    for (const { class: c, vector } of features!.classes) expectClose(vector, unit(means.get(c)!));
  }
});

test('an image that cannot be read is left out and told of; the others are there', async () => {
  const broken = { ...data, items: data.items.map((item, i) => (i === 1 ? { ...item, image: 'broken.png' } : item)) };
  writeFileSync(path.join(data.root, 'broken.png'), 'no picture');
  const said: FromWorker[] = [];
  await embed(modelOf({ p: 1, q: 1, width: 0.5 }), TAP, broken, new Reporter((message) => said.push(message)));
  const items = said.flatMap((message) => (message.type === 'embedded' ? message.items : []));
  expect(items.map(({ item }) => item)).toEqual([100, 102, 103]);
  expect(said.find((message) => message.type === 'embedded')).toMatchObject({ tapChannels: 64 });
  expect(said.findLast((message) => message.type === 'progress')).toEqual({ type: 'progress', done: 4, total: 4 });
  expect(said.at(-1)).toMatchObject({ type: 'event', level: 'warning', text: expect.stringMatching(/broken\.png/) });
});

test('an image without labels has a feature of the whole alone', async () => {
  const bare = { ...data, items: data.items.slice(0, 1).map((item) => ({ ...item, labels: null })) };
  const [features] = await featuresOf(modelOf({ p: 1, q: 1, width: 0.5 }), bare);
  expect(features!.classes).toEqual([]);
});

test('of a wide tap fewer channels are kept, and angles stay nearly as they are', async () => {
  const model = modelOf({ p: 1, q: 1, width: 4 });
  const found = await featuresOf(model, data);
  const whole = data.items.map((item) => unit(slowMeans(model, item).get('all')!));
  expect(whole[0]).toHaveLength(512);
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    return Array.from(a).reduce((sum, value, c) => sum + value * b[c], 0);
  };
  for (const [i, one] of found.entries()) {
    expect(one!.vector).toHaveLength(MOST_CHANNELS);
    for (const [j, other] of found.entries()) {
      expect(Math.abs(product(one!.vector, other!.vector) - product(whole[i], whole[j]))).toBeLessThan(0.1);
    }
  }
});

test('features that are not finite are refused', async () => {
  const model = modelOf({ p: 1, q: 1, width: 0.5 });
  model.executable.changeParameters((parameters) => parameters.map((one) => tf.fill(one.shape, Number.NaN)));
  await expect(featuresOf(model, data)).rejects.toThrow(/not finite/);
});

test('computing features leaves no tensor behind', async () => {
  const model = modelOf({ p: 1, q: 1, width: 4 });
  await featuresOf(model, { ...data, items: data.items.slice(0, 1) });
  const first = tf.memory().numTensors;
  await featuresOf(model, data);
  expect(tf.memory().numTensors).toBe(first);
});
