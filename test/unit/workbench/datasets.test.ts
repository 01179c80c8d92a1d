import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ItemQuery, itemQuery } from '../../../src-main/contract/item-query.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { decodeLabels, encodeImage } from '../../../src-main/datasets/codec.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request, writeItem } from './helpers.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let data: string;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  data = makeCamvid(path.join(own.folder, 'streets'));
  await host.openProject(path.join(own.folder, 'project'), { create: true });
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

function get(address: string, headers: Record<string, string> = {}): Promise<Response> {
  return host.resource(new Request(`http://host${address}`, { headers }));
}

async function idsByKey(dataset: number): Promise<Map<string, number>> {
  const query: ItemQuery = itemQuery.parse({ dataset });
  return new Map((await request(host, 'items.query', query)).items.map((item) => [item.key, item.id]));
}

test('a folder becomes a data set with sizes, pixel counts and a hash', async () => {
  const before = listing(data);
  const dataset = await importData(host, data);
  expect(dataset).toMatchObject({ name: 'streets', layout: 'camvid', items: 10, labelled: 10, problems: [] });
  expect(dataset.splits).toEqual([
    { name: 'train', items: 6 },
    { name: 'val', items: 4 },
  ]);
  expect(dataset.hash).toMatch(/^[0-9a-f]{64}$/);
  const wanted = new Array<number>(11).fill(0);
  for (const split of ['train', 'val']) {
    for (const name of readdirSync(path.join(data, `${split}annot`))) {
      const file = path.join(data, `${split}annot`, name);
      for (const value of decodeLabels(readFileSync(file), file).data) if (value < 11) wanted[value]++;
    }
  }
  expect(dataset.pixels).toEqual(wanted);
  expect(listing(data)).toEqual(before);
});

test('importing again keeps numbers, reads what changed, adds what is new, drops what is gone', async () => {
  const first = await importData(host, data);
  const before = await idsByKey(first.id);
  writeItem(data, 'val', 'img1', 99, 40, 24);
  utimesSync(path.join(data, 'val', 'img1.png'), 1, 1);
  writeItem(data, 'val', 'new', 5);
  rmSync(path.join(data, 'train', 'img0.png'));
  rmSync(path.join(data, 'trainannot', 'img0.png'));
  const second = await importData(host, data);
  expect(second.id).toBe(first.id);
  expect(second.items).toBe(10);
  expect(second.hash).not.toBe(first.hash);
  const after = await idsByKey(first.id);
  expect([...after.keys()].sort()).toEqual(
    [...[...before.keys()].filter((key) => key !== 'train/img0'), 'val/new'].sort(),
  );
  for (const [key, id] of after) if (key !== 'val/new') expect(id).toBe(before.get(key));
  expect((await request(host, 'items.get', { item: after.get('val/img1')! })).width).toBe(40);
  // A fresh index of the same folder says the same.
  const other = newWorkbench();
  await other.openProject(path.join(own.folder, 'other'), { create: true });
  const { id: _id, ...fresh } = await importData(other, data);
  expect(second).toMatchObject(fresh);
  await other.close({ stopRuns: true });
});

test('what is wrong with single files is told with its path, also when imported again', async () => {
  writeFileSync(path.join(data, 'val', 'img0.png'), readFileSync(path.join(data, 'val', 'img0.png')).subarray(0, 200));
  writeItem(data, 'val', 'img9', 1, 16, 16);
  rmSync(path.join(data, 'val', 'img9.png'));
  writeItem(path.join(own.folder, 'big'), 'val', 'img9', 2, 48, 24);
  writeFileSync(path.join(data, 'val', 'img9.png'), readFileSync(path.join(own.folder, 'big', 'val', 'img9.png')));
  for (let round = 0; round < 2; round++) {
    const { problems, labelled, items } = await importData(host, data);
    expect(problems.map((problem) => problem.path).sort()).toEqual(['val/img0.png', 'valannot/img9.png']);
    const words = problems.map((problem) => problem.message).join();
    for (const word of ['truncated', '16×16', '48×24']) expect(words).toContain(word);
    expect([items, labelled]).toEqual([11, 9]);
  }
});

test('a folder that is no data set leaves nothing behind', async () => {
  await expect(importData(host, own.folder)).rejects.toThrow(/no data set that Stillroom knows/);
  await expect(importData(host, path.join(own.folder, 'nowhere'))).rejects.toThrow(/not there/);
  expect(await request(host, 'datasets.list', {})).toEqual([]);
});

test('an import that is stopped half-way leaves no half data set', async () => {
  makeCamvid(data, { train: 400 });
  const { file } = (await request(host, 'files.pick', { purpose: 'dataset', path: data }))!;
  const { job } = await request(host, 'datasets.import', { file });
  await new Promise((resolve) => setTimeout(resolve, 150));
  await request(host, 'jobs.cancel', { job });
  await host.close({ stopRuns: true });
  host = newWorkbench();
  await host.openProject(path.join(own.folder, 'project'));
  expect(await request(host, 'datasets.list', {})).toEqual([]);
});

test('a label map that is drawn is served, and importing again tells each problem once', async () => {
  const folder = path.join(own.folder, 'drawn');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'a.png'), encodeImage({ width: 4, height: 2, data: new Uint8Array(24) }));
  const shape = (points: number[][], shape_type: string, extra: object = {}) => ({
    label: 'car',
    points,
    shape_type,
    ...extra,
  });
  const corners = [
    [1, 0],
    [2, 0],
  ];
  const shapes = [shape(corners, 'rectangle'), shape(corners, 'line'), shape(corners, 'mask', { mask: 'AAAA' })];
  const file = (list: object[]) => JSON.stringify({ shapes: list, imagePath: 'a.png', imageWidth: 4, imageHeight: 2 });
  writeFileSync(path.join(folder, 'a.json'), file(shapes));
  const first = await importData(host, folder);
  expect(first).toMatchObject({ layout: 'labelme', items: 1, labelled: 1, pixels: [6, 2] });
  expect(first.problems.map((problem) => problem.path)).toEqual(['a.json', 'a.png']);
  const again = await importData(host, folder);
  expect([again.hash, new Set(again.problems), again.problems.length]).toEqual([
    first.hash,
    new Set(first.problems),
    2,
  ]);
  const id = (await idsByKey(first.id)).get('train/a')!;
  expect([...new Uint8Array(await (await get(resources.labels(id))).arrayBuffer())]).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
  writeFileSync(path.join(folder, 'a.json'), file(shapes.slice(0, 1)));
  const mended = await importData(host, folder);
  expect([mended.problems, mended.hash === first.hash]).toEqual([[], false]);
});

test('pictures and label maps are served by number only, and only from within the data set', async () => {
  const dataset = await importData(host, data);
  const id = (await idsByKey(dataset.id)).get('val/img2')!;
  const image = await get(resources.image(id));
  expect(image.headers.get('content-type')).toBe('image/png');
  const file = path.join(data, 'val', 'img2.png');
  expect(Buffer.from(await image.arrayBuffer()).equals(readFileSync(file))).toBe(true);
  const etag = image.headers.get('etag')!;
  expect((await get(resources.image(id), { 'if-none-match': etag })).status).toBe(304);

  const labels = await get(resources.labels(id));
  expect([labels.headers.get('x-width'), labels.headers.get('x-height')]).toEqual(['32', '24']);
  const mapFile = path.join(data, 'valannot', 'img2.png');
  const raw = decodeLabels(readFileSync(mapFile), mapFile).data;
  const wanted = Uint8Array.from(raw, (value) => (value === 11 ? 255 : value));
  expect(new Uint8Array(await labels.arrayBuffer())).toEqual(wanted);

  const thumbnail = await get(resources.thumbnail(id));
  expect(thumbnail.headers.get('content-type')).toBe('image/jpeg');
  expect((await thumbnail.arrayBuffer()).byteLength).toBeGreaterThan(100);

  for (const bad of [
    '/data/items/9999/image',
    '/data/items/../../etc/passwd',
    '/data/items/1',
    '/data/maps/x',
    '/data/',
  ]) {
    expect((await get(bad)).status, bad).toBe(404);
  }

  writeFileSync(path.join(own.folder, 'secret.png'), readFileSync(file));
  rmSync(file);
  symlinkSync(path.join(own.folder, 'secret.png'), file);
  const outside = await get(resources.image(id));
  expect(outside.status).toBe(422);
  expect(await outside.text()).toMatch(/outside of its data set/);
});

function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`)
    .sort();
}

test('tags and views are kept with the project, and whoever shows them is told', async () => {
  const { id: dataset } = await importData(host, makeCamvid(path.join(own.folder, 'streets')));
  const told: string[] = [];
  host.onNews((name) => told.push(name));
  const items = await request(host, 'items.ids', { dataset, splits: ['val'] });
  expect(items).toHaveLength(4);
  await request(host, 'items.tag', { items, add: [' glare ', 'rain'] });
  await request(host, 'items.tag', { items: items.slice(1), remove: ['rain'] });
  expect(await request(host, 'tags.list', { dataset })).toEqual([
    { tag: 'glare', items: 4 },
    { tag: 'rain', items: 1 },
  ]);
  const { items: found } = await request(host, 'items.query', { dataset, tags: ['glare', 'rain'] });
  expect(found.map(({ id, tags }) => ({ id, tags }))).toEqual([{ id: items[0], tags: ['glare', 'rain'] }]);
  const sort = { by: 'size' as const };
  await request(host, 'views.save', { dataset, name: 'glaring', filter: { tags: ['glare'] }, sort });
  const [view] = await request(host, 'views.list', { dataset });
  expect(view).toMatchObject({ name: 'glaring', sort: { by: 'size', descending: false } });
  expect((await request(host, 'items.query', { dataset, ...view.filter, sort: view.sort })).total).toBe(4);
  expect((await request(host, 'items.statistics', { dataset, ...view.filter })).items).toBe(4);
  await request(host, 'views.remove', { dataset, name: 'glaring' });
  expect(await request(host, 'views.list', { dataset })).toEqual([]);
  expect(told.filter((name) => /tags|views/.test(name))).toEqual([
    'tags.changed',
    'tags.changed',
    'views.changed',
    'views.changed',
  ]);
  await expect(request(host, 'items.ids', { dataset: 99 })).rejects.toThrow(/no data set 99/);
});
