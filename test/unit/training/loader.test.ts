import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { decodeImage, decodeLabels } from '../../../src-main/datasets/codec.ts';
import { type Batch, Loader, type LoaderSettings } from '../../../src-main/training/loader.ts';
import { tinyData } from './tiny.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-loader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const data = tinyData(path.join(folder, 'data'));

const settings: LoaderSettings = {
  seed: 3,
  batch: 4,
  crop: [32, 40],
  augmentation: { scale: [0.5, 1.5], flip: 0.5 },
  schedule: { steps: 9 },
};

function copyOf({ image, labels, items }: Batch): Batch {
  return { image: new Uint8Array(image), labels: new Int32Array(labels), items };
}

async function batches(steps: number[], change: Partial<LoaderSettings> = {}) {
  const loader = new Loader(data, { ...settings, ...change });
  try {
    const made = new Map<number, Awaited<ReturnType<Loader['batch']>>>();
    // A batch is good until the next one is asked for.
    for (const step of steps) made.set(step, copyOf(await loader.batch(step)));
    return made;
  } finally {
    await loader.close();
  }
}

test('a batch is the same whichever came before it, and with whatever is prepared ahead', async () => {
  const all = await batches([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const late = await batches([5, 6, 7, 8]);
  const odd = await batches([7, 2]);
  for (const [step, batch] of [...late, ...odd]) expect(batch).toEqual(all.get(step));
  expect(all.get(0)).not.toEqual(all.get(1));
  const other = await batches([0], { seed: 4 });
  expect(other.get(0)).not.toEqual(all.get(0));
});

test('a batch shares its memory with the threads, and later ones take it up again', async () => {
  const loader = new Loader(data, settings);
  const memories = new Set<unknown>();
  for (let step = 0; step < 9; step++) {
    const { image, labels } = await loader.batch(step);
    expect(image.buffer).toBeInstanceOf(SharedArrayBuffer);
    memories.add(labels.buffer);
  }
  await loader.close();
  expect(memories.size).toBeLessThan(6);
});

test('without augmentation the crops are the files themselves, the ignored value included', async () => {
  const plain = {
    crop: [48, 64] as [number, number],
    augmentation: { scale: [1, 1] as [number, number], flip: 0 },
    batch: 6,
  };
  const batch = (await batches([0], plain)).get(0)!;
  const pixels = 48 * 64;
  const seen = new Set<number>();
  for (let i = 0; i < 6; i++) {
    const image = Buffer.from(batch.image.subarray(i * pixels * 3, (i + 1) * pixels * 3));
    const labels = [...batch.labels.subarray(i * pixels, (i + 1) * pixels)];
    const found = data.items.findIndex((item) => {
      const file = path.join(data.root, item.image);
      return image.equals(decodeImage(readFileSync(file), file).data);
    });
    const file = path.join(data.root, data.items[found].labels!);
    expect(labels).toEqual([...decodeLabels(readFileSync(file), file).data].map((value) => data.values[value]));
    seen.add(found);
  }
  expect(seen.size).toBe(6);
});

test('a file that cannot be read is said when its batch is asked for, by its path', async () => {
  const broken = tinyData(path.join(folder, 'broken'), 2);
  writeFileSync(path.join(broken.root, '1.png'), readFileSync(path.join(broken.root, '1.png')).subarray(0, 300));
  const loader = new Loader(broken, settings);
  const error = await loader.batch(0).catch((thrown) => thrown);
  await loader.close();
  expect(error).toBeInstanceOf(Problem);
  expect(error.line).toContain(path.join(broken.root, '1.png'));
});

test('a split without labels is refused', () => {
  const items = data.items.map((item) => ({ ...item, labels: null }));
  expect(() => new Loader({ ...data, items }, settings)).toThrow(/no labelled image/);
});
