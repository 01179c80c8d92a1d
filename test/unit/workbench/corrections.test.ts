import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { openDatabase, openForReading } from '../../../src-main/store/database.ts';
import { jobData } from '../../../src-main/store/labelled.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import {
  fakeApp,
  importData,
  makeCamvid,
  newWorkbench,
  ownFolder,
  quickRecipe,
  request,
  token,
  until,
  writeItem,
} from './helpers.ts';
import { edit, fetchPlanes, paint } from './painting.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let data: string;
let project: string;
let dataset: number;
let item: number;

beforeEach(async () => {
  own = ownFolder();
  project = path.join(own.folder, 'project');
  host = newWorkbench(fakeApp(own.folder));
  data = makeCamvid(path.join(own.folder, 'streets'), { train: 3, val: 2 });
  await host.openProject(project, { create: true });
  dataset = (await importData(host, data)).id;
  item = await itemOf('train/img0');
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

async function list(filter: object = {}) {
  return (await request(host, 'items.query', itemQuery.parse({ dataset, ...filter }))).items;
}

async function itemOf(key: string): Promise<number> {
  return (await list()).find((one) => one.key === key)!.id;
}

async function summary() {
  return (await request(host, 'datasets.list', {})).find((one) => one.id === dataset)!;
}

/** Makes everything of an image class 7. @returns the sequence after it */
async function fill(of = item, value = 7): Promise<number> {
  const { sequence } = await request(host, 'annotations.open', { item: of });
  const stroke = new Stroke(await fetchPlanes(host, of));
  for (let y = 0; y < 24; y++) stroke.span(y, 0, 32, value);
  return (await request(host, 'annotations.save', { item: of, sequence, edit: edit(stroke) })).sequence;
}

/** The label map that a job would read of an item. */
function readByJob(of: number, split = 'train'): Uint8Array | null {
  const database = openForReading(path.join(project, 'project.sqlite'));
  try {
    const { root, items, values } = jobData(database, project, dataset, split);
    const found = items.find(({ id }) => id === of);
    return found ? readItem(root, found, Uint16Array.from(values)).labels : null;
  } finally {
    database.close();
  }
}

const sevens = new Uint8Array(32 * 24).fill(7);

test('what was painted is counted soon after the last stroke, in the item, the data set and its hash', async () => {
  const before = await summary();
  const { pixels } = await request(host, 'items.get', { item });
  const sequence = await fill();
  const after = await until(async () => (await summary()).hash !== before.hash && summary());
  const wanted = new Array(11).fill(0);
  wanted[7] = 32 * 24;
  expect((await request(host, 'items.get', { item })).pixels).toEqual(wanted);
  expect(after.pixels).toEqual(before.pixels.map((n, c) => n - pixels[c] + wanted[c]));
  expect(await list({ changed: true })).toMatchObject([{ id: item }]);
  expect((await list({ changed: false })).length).toBe(4);

  await request(host, 'annotations.undo', { item, sequence, of: sequence, redo: false });
  await until(async () => (await summary()).hash === before.hash);
  expect(await summary()).toEqual(before);
  expect(await list({ changed: true })).toEqual([]);
});

test('the viewer, runs, evaluations and exports get the edited label map at once', async () => {
  await fill();
  const shown = await host.resource(new Request(`http://host${resources.labels(item)}`));
  expect(new Uint8Array(await shown.arrayBuffer())).toEqual(sevens);

  const recipe = quickRecipe('quick', 1);
  const { run } = await request(host, 'runs.start', { recipe, dataset, teacher: null });
  await until(async () => (await request(host, 'runs.get', { run })).status === 'finished');
  expect((await request(host, 'runs.get', { run })).dataHash).toBe((await summary()).hash);
  expect(readByJob(item)).toEqual(sevens);
  const other = await itemOf('train/img1');
  expect(readByJob(other)).toEqual((await fetchPlanes(host, other)).classes);

  const [model] = await request(host, 'models.list', {});
  const val = await itemOf('val/img0');
  await fill(val);
  await request(host, 'evaluations.start', { model: model.id, dataset, split: 'val' });
  expect(readByJob(val, 'val')).toEqual(sevens);

  await fill(other);
  const out = path.join(own.folder, 'out');
  const file = await token(host, 'export', out);
  const { job } = await request(host, 'exports.start', { dataset, format: 'png', file, images: true });
  await until(async () =>
    (await request(host, 'jobs.list', {})).some((one) => one.id === job && one.status === 'done'),
  );
  const exported = openDataset(out);
  for (const { key, ...files } of exported.items) {
    const labels = readItem(out, files, exported.table).labels!;
    if (/(train\/img[01]|val\/img0)$/.test(key)) expect(labels).toEqual(sevens);
    else expect(new Set(labels).size).toBeGreaterThan(1);
  }
});

test('an image without a label map is labelled by painting, and unlabelled again by undoing', async () => {
  const size = { width: 32, height: 24 };
  writeFileSync(path.join(data, 'train', 'bare.png'), encodeImage({ ...size, data: new Uint8Array(32 * 24 * 3) }));
  await importData(host, data);
  const bare = await itemOf('train/bare');
  const labelled = async () => (await request(host, 'items.get', { item: bare })).labelled;
  expect(await labelled()).toBe(false);
  expect((await fetchPlanes(host, bare)).classes).toEqual(new Uint8Array(32 * 24).fill(255));
  const sequence = await fill(bare);
  expect(await labelled()).toBe(true);
  await until(async () => (await summary()).labelled === 6);
  await request(host, 'annotations.undo', { item: bare, sequence, of: sequence, redo: false });
  await until(async () => !(await labelled()));
});

test('importing the folder again keeps edits, what they count, and items whose files are gone', async () => {
  await fill();
  const gone = await itemOf('train/img2');
  await fill(gone);
  await until(async () => (await list({ changed: true })).length === 2);
  for (const folder of ['train', 'trainannot'])
    renameSync(path.join(data, folder, 'img2.png'), path.join(own.folder, folder));
  // Read anew: its image has another time.
  utimesSync(path.join(data, 'train', 'img0.png'), 1, 1);
  const again = await importData(host, data);
  expect(again.problems).toEqual([
    { path: 'train/img2.png', message: expect.stringContaining('is kept, and there again') },
  ]);
  expect((await list({ changed: true })).map(({ id }) => id)).toEqual([item]);
  expect([again.items, (await list()).length]).toEqual([4, 4]);
  expect((await request(host, 'items.get', { item })).pixels[7]).toBe(32 * 24);
  expect((await fetchPlanes(host, gone)).classes).toEqual(sevens);
  expect(await request(host, 'annotations.open', { item: gone })).toMatchObject({ conflict: { kind: 'gone' } });
  await request(host, 'evaluations.start', { model: 0, dataset, split: 'train' }).catch(() => {});
  expect(readByJob(gone)).toBe(null);

  for (const folder of ['train', 'trainannot'])
    renameSync(path.join(own.folder, folder), path.join(data, folder, 'img2.png'));
  expect((await importData(host, data)).problems).toEqual([]);
  expect(await request(host, 'annotations.open', { item: gone })).toMatchObject({ conflict: null, sequence: 1 });
});

test('an image that comes back with another size goes by its source, and its edits wait for the old size', async () => {
  await fill();
  await until(async () => (await list({ changed: true })).length === 1);
  const before = path.join(own.folder, 'before');
  cpSync(data, before, { recursive: true });
  writeItem(data, 'train', 'img0', 3, 40, 30);
  await importData(host, data);
  expect(await list({ changed: true })).toEqual([]);
  expect((await request(host, 'items.get', { item })).pixels.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(32 * 24);
  await expect(request(host, 'annotations.open', { item })).rejects.toThrow(
    '40×30 pixels; when its label map was edited it had 32×24',
  );
  cpSync(before, data, { recursive: true });
  await importData(host, data);
  await until(async () => (await list({ changed: true })).length === 1);
  expect((await request(host, 'annotations.open', { item })).conflict).toBe(null);
});

test('a data set with edits keeps the numbers of its classes when the folder names them in another order', async () => {
  const folder = path.join(own.folder, 'plain');
  for (const part of ['images', 'labels']) mkdirSync(path.join(folder, part), { recursive: true });
  const size = { width: 32, height: 24 };
  const ones = new Uint8Array(32 * 24).fill(1);
  for (const name of ['a', 'b']) {
    writeFileSync(
      path.join(folder, 'images', `${name}.png`),
      encodeImage({ ...size, data: new Uint8Array(32 * 24 * 3) }),
    );
    writeFileSync(path.join(folder, 'labels', `${name}.png`), encodeLabels({ ...size, data: ones }));
  }
  writeFileSync(path.join(folder, 'classes.txt'), 'sky\nroad\npole\n');
  dataset = (await importData(host, folder)).id;
  const [a, b] = await list();
  await fill(a.id, 2);
  // The files' values mean the same classes as before, by other names' places.
  writeFileSync(path.join(folder, 'classes.txt'), 'car\npole\nroad\n');
  for (const name of ['a', 'b']) {
    writeFileSync(path.join(folder, 'labels', `${name}.png`), encodeLabels({ ...size, data: ones.map(() => 2) }));
  }
  const { classes } = await importData(host, folder);
  expect(classes.map(({ name }) => name)).toEqual(['sky', 'road', 'pole', 'car']);
  const labels = async (id: number) =>
    new Uint8Array(await (await host.resource(new Request(`http://host${resources.labels(id)}`))).arrayBuffer());
  expect(await labels(a.id)).toEqual(ones.map(() => 2));
  expect(await labels(b.id)).toEqual(ones);
  // What is edited is counted a while after the import.
  await until(async () => (await summary()).pixels[2] > 0);
  expect((await summary()).pixels).toEqual([0, 32 * 24, 32 * 24, 0]);
});

test('an item with edits is never taken out with its data set', async () => {
  await fill();
  await host.close({ stopRuns: true });
  const database = openDatabase(path.join(project, 'project.sqlite'));
  expect(() => database.prepare('DELETE FROM items WHERE id = ?').run(item)).toThrow('FOREIGN KEY');
  expect(() => database.prepare('DELETE FROM datasets').run()).toThrow('FOREIGN KEY');
  database.close();
});

test('a source that the edits were made equal to is no change', async () => {
  await fill();
  writeFileSync(path.join(data, 'trainannot', 'img0.png'), encodeLabels({ width: 32, height: 24, data: sevens }));
  expect(await request(host, 'annotations.resolve', { item, keep: 'source' })).toMatchObject({ sequence: 1 });
  await until(async () => (await list({ changed: true })).length === 0);
});

test('what was painted just before the end is counted at the next start', async () => {
  const { hash } = await summary();
  await fill();
  await request(host, 'project.close', {});
  await host.openProject(project);
  await until(async () => (await summary()).hash !== hash);
  expect((await request(host, 'items.get', { item })).pixels[7]).toBe(32 * 24);
});

test('after many strokes little is replayed, and files that no job will read go at the next start', async () => {
  const document = await fetchPlanes(host, item);
  for (let sequence = 0; sequence < 70; sequence++) {
    await request(host, 'annotations.save', { item, sequence, edit: paint(document, sequence) });
  }
  const database = openForReading(path.join(project, 'project.sqlite'));
  await until(() => {
    const kept = database
      .prepare('SELECT sequence FROM label_states WHERE item = ? ORDER BY sequence')
      .pluck()
      .all(item);
    return kept.length === 2 && kept[0] === 0 && 70 - (kept[1] as number) < 32;
  });
  database.close();
  expect((await fetchPlanes(host, item)).classes).toEqual(document.classes);
  const files = path.join(project, 'cache', 'labels');
  mkdirSync(files, { recursive: true });
  writeFileSync(path.join(files, 'old.png'), '');
  await request(host, 'project.close', {});
  await host.openProject(project);
  expect(existsSync(path.join(files, 'old.png'))).toBe(false);
  rmSync(files, { recursive: true });
  const out = await token(host, 'export', path.join(own.folder, 'out'));
  const { job } = await request(host, 'exports.start', { dataset, format: 'png', file: out, images: false });
  await until(async () =>
    (await request(host, 'jobs.list', {})).some((one) => one.id === job && one.status === 'done'),
  );
  expect(readdirSync(files).length).toBe(1);
  expect(readByJob(item)).toEqual(document.classes);
});
