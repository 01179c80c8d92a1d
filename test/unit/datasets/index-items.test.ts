import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { encodeImage, encodeLabels, imageSize } from '../../../src-main/datasets/codec.ts';
import { datasetHash, type IndexedItem, Indexer } from '../../../src-main/datasets/index-items.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { CAMVID, folderOf } from './files.ts';

const picture = encodeImage({ width: 4, height: 3, data: new Uint8Array(36).map((_, i) => (i * 31) & 255) });
const map = (values: number[], width = 4, height = 3) =>
  encodeLabels({
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => values[i % values.length]),
  });

let indexer: Indexer;
beforeAll(() => {
  indexer = new Indexer(2);
});
afterAll(() => indexer.close());

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function collected(items: AsyncIterable<IndexedItem>): Promise<IndexedItem[]> {
  const all: IndexedItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function indexed(files: Record<string, Uint8Array | string>): Promise<IndexedItem[]> {
  const root = folderOf(files);
  folders.push(root);
  return collected(indexer.index(openDataset(root)));
}

test('size, pixels of each class and a hash of the content', async () => {
  const files = { 'val/a.png': picture, 'valannot/a.png': map([0, 1, 1, 11]), 'val/b.png': picture };
  const [a, b] = await indexed(files);
  expect(a).toMatchObject({ key: 'val/a', readable: true, width: 4, height: 3, labelled: true, problems: [] });
  expect(a.pixels).toEqual([3, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(b).toMatchObject({ key: 'val/b', labelled: false, pixels: new Array(11).fill(0) });
  expect(a.hash).toMatch(/^[0-9a-f]{64}$/);
  const [same] = await indexed(files);
  const [other] = await indexed({ ...files, 'valannot/a.png': map([0, 1, 1, 10]) });
  expect(same.hash).toBe(a.hash);
  expect(other.hash).not.toBe(a.hash);
});

test('every bad file is told with its path and what to do, and the good ones are indexed', async () => {
  const items = await indexed({
    'val/cut.png': picture.subarray(0, picture.length - 20),
    'valannot/cut.png': map([0]),
    'val/empty.png': new Uint8Array(0),
    'val/good.png': picture,
    'valannot/good.png': map([2]),
    'val/labelcut.png': picture,
    'valannot/labelcut.png': map([0, 1, 2]).subarray(0, 50),
    'val/outside.png': picture,
    'valannot/outside.png': map([0, 42, 7, 99]),
    'val/size.png': picture,
    'valannot/size.png': map([0], 8, 6),
    'val/colours.png': picture,
    'valannot/colours.png': picture,
  });
  const by = Object.fromEntries(items.map((item) => [item.key.slice(4), item]));
  expect(items.map((item) => item.key)).toEqual([...items.map((item) => item.key)].sort());
  expect(by.good).toMatchObject({ labelled: true, problems: [] });
  expect(by.cut).toMatchObject({ readable: false, width: 0, labelled: false });
  expect(by.empty).toMatchObject({ readable: false });
  for (const name of ['labelcut', 'size', 'colours'])
    expect(by[name]).toMatchObject({ readable: true, labelled: false });
  expect(by.outside).toMatchObject({ labelled: true });
  expect(by.outside.pixels.slice(0, 8)).toEqual([3, 0, 0, 0, 0, 0, 0, 3]);
  const said: Record<string, [string, RegExp]> = {
    cut: ['val/cut.png', /truncated or damaged/],
    empty: ['val/empty.png', /empty \(0 bytes\)/],
    labelcut: ['valannot/labelcut.png', /truncated/],
    outside: ['valannot/outside.png', /label values 42, 99 \(6 pixels\), which no class/],
    size: ['valannot/size.png', /8×6 pixels, but its image size\.png has 4×3/],
    colours: ['valannot/colours.png', /holds colours/],
  };
  for (const [name, [where, words]] of Object.entries(said)) {
    expect(by[name].problems).toHaveLength(1);
    expect(by[name].problems[0].path).toBe(where);
    expect(by[name].problems[0].message).toMatch(words);
    expect(by[name].problems[0].message).toContain(path.normalize(where));
    expect(by[name].problems[0].message).toMatch(/\. [A-Z].*\.$/);
  }
});

test('indexing stops when asked to', async () => {
  const files: Record<string, Uint8Array> = { 'valannot/0.png': map([0]) };
  for (let i = 0; i < 40; i++) files[`val/${i}.png`] = picture;
  const root = folderOf(files);
  folders.push(root);
  const controller = new AbortController();
  const seen: string[] = [];
  await expect(async () => {
    for await (const item of indexer.index(openDataset(root), controller.signal)) {
      seen.push(item.key);
      if (seen.length === 5) controller.abort(new Error('enough'));
    }
  }).rejects.toThrow('enough');
  expect(seen).toHaveLength(5);
});

test('a thumbnail is written whole; a bad image gives a Problem and no file', async () => {
  const root = folderOf({
    'a.png': encodeImage({ width: 600, height: 300, data: new Uint8Array(540_000).fill(9) }),
    'bad.png': 'x',
  });
  folders.push(root);
  const to = path.join(root, 'cache', 'a.jpg');
  await indexer.thumbnail(path.join(root, 'a.png'), to);
  expect(imageSize(readFileSync(to), to)).toEqual({ width: 256, height: 128 });
  await expect(indexer.thumbnail(path.join(root, 'bad.png'), to)).rejects.toBeInstanceOf(Problem);
  expect(readdirSync(path.dirname(to))).toEqual(['a.jpg']);
  writeFileSync(path.join(root, 'file'), '');
  await expect(indexer.thumbnail(path.join(root, 'a.png'), path.join(root, 'file', 'a.jpg'))).rejects.toBeInstanceOf(
    Problem,
  );
});

test('the hash of a data set depends on keys and contents, not on their order', () => {
  const a = { key: 'val/a', hash: '1' };
  const b = { key: 'val/b', hash: '2' };
  expect(datasetHash([a, b])).toBe(datasetHash([b, a]));
  expect(datasetHash([a, b])).not.toBe(datasetHash([a, { ...b, hash: '3' }]));
  expect(datasetHash([a, b])).not.toBe(datasetHash([a]));
});

test.skipIf(!existsSync(CAMVID))(
  'CamVid has the pixels that NumPy counts (skipped where ../shared is missing)',
  async () => {
    const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden', 'camvid.json'), 'utf8'));
    const dataset = openDataset(CAMVID);
    const items = await collected(indexer.index(dataset));
    expect(items.map((item) => item.key)).toEqual(dataset.items.map((item) => item.key));
    expect(items.filter((item) => !item.labelled || item.problems.length > 0)).toEqual([]);
    for (const split of ['train', 'val']) {
      const ours = items.filter((item) => item.key.startsWith(`${split}/`));
      expect(ours).toHaveLength(golden[split].items);
      const sums = golden[split].values
        .slice(0, 11)
        .map((_: number, c: number) => ours.reduce((sum, item) => sum + item.pixels[c], 0));
      expect(sums).toEqual(golden[split].values.slice(0, 11));
    }
  },
);
