/** An edited image whose folder is imported again: what counts as a source that has changed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, newWorkbench, ownFolder, request } from './helpers.ts';
import { fetchPlanes, paint } from './painting.ts';

const SIZE = { width: 16, height: 12 };
const IMAGE = encodeImage({ ...SIZE, data: new Uint8Array(SIZE.width * SIZE.height * 3) });

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let data: string;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  data = path.join(own.folder, 'data');
  mkdirSync(data);
  await host.openProject(path.join(own.folder, 'project'), { create: true });
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

/** Imports the folder and paints in its first image. @returns the image */
async function edited(): Promise<number> {
  const { id } = await importData(host, data);
  const { items } = await request(host, 'items.query', itemQuery.parse({ dataset: id }));
  const item = items[0].id;
  await request(host, 'annotations.open', { item });
  const edit = paint(await fetchPlanes(host, item), 1);
  await request(host, 'annotations.save', { item, sequence: 0, edit });
  return item;
}

const conflict = async (item: number) => (await request(host, 'annotations.open', { item })).conflict;

function labelme(name: string, label: string, right: number): void {
  const points = [
    [1, 1],
    [right, 1],
    [right, 9],
    [1, 9],
  ];
  const shapes = [{ label, points, shape_type: 'polygon', group_id: null, flags: {} }];
  const document = { version: '5', flags: {}, shapes, imagePath: `${name}.png`, imageData: null };
  const size = { imageHeight: SIZE.height, imageWidth: SIZE.width };
  writeFileSync(path.join(data, `${name}.png`), IMAGE);
  writeFileSync(path.join(data, `${name}.json`), JSON.stringify({ ...document, ...size }));
}

test('a class that another image brings, by which all get other numbers, changes no source; another outline does', async () => {
  labelme('a', 'tree', 9);
  const item = await edited();
  labelme('b', 'bus', 9);
  await importData(host, data);
  expect(await conflict(item)).toBeNull();
  labelme('a', 'tree', 12);
  await importData(host, data);
  expect(await conflict(item)).toMatchObject({ kind: 'changed' });
});

/** Pascal VOC's folders. */
function voc(folder: string, ...values: [from: number, value: number][]): void {
  const map = new Uint8Array(SIZE.width * SIZE.height);
  for (const [from, value] of values) map.fill(value, from, from + 30);
  mkdirSync(path.join(data, folder), { recursive: true });
  writeFileSync(path.join(data, folder, 'a.png'), encodeLabels({ ...SIZE, data: map }));
}

test('objects that are read now and were not when it was edited change no source; other classes do', async () => {
  mkdirSync(path.join(data, 'JPEGImages'));
  writeFileSync(path.join(data, 'JPEGImages', 'a.png'), IMAGE);
  voc('SegmentationClass', [0, 3], [60, 3]);
  const item = await edited();
  voc('SegmentationObject', [0, 1], [60, 2]);
  await importData(host, data);
  expect(await conflict(item)).toBeNull();
  voc('SegmentationClass', [0, 3], [60, 4]);
  await importData(host, data);
  expect(await conflict(item)).toMatchObject({ kind: 'changed' });
});
