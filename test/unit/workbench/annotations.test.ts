import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request } from './helpers.ts';
import { edit, fetchPlanes, paint } from './painting.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let data: string;
let item: number;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  data = makeCamvid(path.join(own.folder, 'streets'), { train: 3 });
  await host.openProject(path.join(own.folder, 'project'), { create: true });
  const { id } = await importData(host, data);
  [item] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items.map((one) => one.id);
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

const planes = (at?: number) => fetchPlanes(host, item, at);

async function reopen(): Promise<void> {
  await request(host, 'project.close', {});
  await host.openProject(path.join(own.folder, 'project'));
}

function sourceFile(): string {
  return path.join(data, 'trainannot', 'img0.png');
}

test('an image that was never edited opens as its source', async () => {
  const state = await request(host, 'annotations.open', { item });
  expect(state).toEqual({
    item,
    width: 32,
    height: 24,
    sequence: 0,
    shapes: [],
    undo: [],
    redo: [],
    rule: 'area',
    conflict: null,
  });
  const labels = await host.resource(new Request(`http://host${resources.labels(item)}`));
  expect((await planes()).classes).toEqual(new Uint8Array(await labels.arrayBuffer()));
});

test('strokes, undoing and doing again come back as they were after every entry, also in a new session', async () => {
  await request(host, 'annotations.open', { item });
  const document = await planes();
  const copy = () => structuredClone(document);
  const states = [copy()];
  for (let sequence = 0; sequence < 4; sequence++) {
    const stroke = paint(document, sequence, sequence === 2 ? 7 : 0);
    expect(await request(host, 'annotations.save', { item, sequence, edit: stroke })).toEqual({
      sequence: sequence + 1,
    });
    states.push(copy());
  }
  await request(host, 'annotations.undo', { item, sequence: 4, of: 4, redo: false });
  await request(host, 'annotations.undo', { item, sequence: 5, of: 3, redo: false });
  await request(host, 'annotations.undo', { item, sequence: 6, of: 3, redo: true });
  states.push(states[3], states[2], states[3]);
  const opened = await request(host, 'annotations.open', { item });
  expect(opened).toMatchObject({ sequence: 7, undo: [1, 2, 3], redo: [4], shapes: [{ id: 7, class: 3 }] });
  await reopen();
  expect(await request(host, 'annotations.open', { item })).toEqual(opened);
  for (const [at, { classes, instances, under }] of states.entries()) {
    expect(await planes(at)).toMatchObject({ classes, instances, under });
  }
  const history = await request(host, 'annotations.history', { item });
  expect(history.map(({ sequence, of }) => [sequence, of])).toEqual([
    [1, null],
    [2, null],
    [3, null],
    [4, null],
    [5, 4],
    [6, 3],
    [7, 3],
  ]);
  const changed = states[1].classes.filter((value, i) => value !== states[0].classes[i]).length;
  expect(history[0]).toMatchObject({ tool: 'brush', pixels: changed });
});

test('an entry that this window does not hold can be fetched, and undoes its stroke', async () => {
  const document = newDocument(32, 24);
  const edit = paint(document, 3, 9);
  await request(host, 'annotations.save', { item, sequence: 0, edit });
  expect(await request(host, 'annotations.entry', { item, entry: 1 })).toEqual(edit);
  await expect(request(host, 'annotations.entry', { item, entry: 2 })).rejects.toThrow('has no entry 2');
});

test('strokes that are sent before the one before them was answered are kept in their order', async () => {
  const document = await planes();
  const edits = [0, 1, 2, 3, 4].map((seed) => paint(document, seed));
  await Promise.all(edits.map((edit, sequence) => request(host, 'annotations.save', { item, sequence, edit })));
  expect((await planes()).classes).toEqual(document.classes);
});

test('a stroke of a window that does not know of another one’s is refused and changes nothing', async () => {
  const document = await planes();
  await request(host, 'annotations.save', { item, sequence: 0, edit: paint(document, 1) });
  const before = await planes();
  const late = request(host, 'annotations.save', { item, sequence: 0, edit: paint(document, 2) });
  await expect(late).rejects.toThrow('changed in another window');
  await expect(request(host, 'annotations.undo', { item, sequence: 0, of: 1, redo: false })).rejects.toThrow(
    'another window',
  );
  await expect(request(host, 'annotations.undo', { item, sequence: 1, of: 1, redo: true })).rejects.toThrow(
    'not the next',
  );
  expect(await planes()).toEqual(before);
});

test('what is no patch of this image is refused in words and changes nothing', async () => {
  const before = await planes();
  const elsewhere = newDocument(700, 30);
  const stroke = new Stroke(elsewhere);
  stroke.span(3, 600, 690, 1);
  const bomb = deflateRawSync(new Uint8Array(50_000_000));
  const patches = [
    stroke.finish()!.patch!,
    Buffer.from('no patch'),
    bomb,
    deflateRawSync(Uint8Array.of(1, 0, 0, 0, 0, 0, 7)),
  ];
  for (const bytes of patches) {
    const edit = { tool: 'brush', patch: Buffer.from(bytes).toString('base64'), shapes: [] };
    await expect(request(host, 'annotations.save', { item, sequence: 0, edit })).rejects.toThrow(
      'does not fit this image',
    );
  }
  expect(await planes()).toEqual(before);
  expect(await request(host, 'annotations.history', { item })).toEqual([]);
});

test('going back to any entry is one more entry, which can be undone', async () => {
  const document = await planes();
  const source = structuredClone(document);
  await request(host, 'annotations.save', { item, sequence: 0, edit: paint(document, 1, 5) });
  const first = await planes();
  await request(host, 'annotations.save', { item, sequence: 1, edit: paint(document, 2) });
  const second = await planes();
  expect(await request(host, 'annotations.restore', { item, sequence: 2, to: 1 })).toEqual({ sequence: 3 });
  expect(await planes()).toEqual(first);
  expect(await request(host, 'annotations.restore', { item, sequence: 3, to: 0 })).toEqual({ sequence: 4 });
  expect(await planes()).toEqual(source);
  expect((await request(host, 'annotations.open', { item })).shapes).toEqual([]);
  await request(host, 'annotations.undo', { item, sequence: 4, of: 4, redo: false });
  await request(host, 'annotations.undo', { item, sequence: 5, of: 3, redo: false });
  expect(await planes()).toEqual(second);
  expect(await request(host, 'annotations.open', { item })).toMatchObject({ shapes: [{ id: 5 }], redo: [4, 3] });
});

test('a source that changes under edits is told, and neither side is lost', async () => {
  const document = await planes();
  await request(host, 'annotations.save', { item, sequence: 0, edit: paint(document, 1) });
  const mine = await planes();
  const theirs = new Uint8Array(32 * 24).fill(2);
  const before = readFileSync(sourceFile());
  writeFileSync(sourceFile(), encodeLabels({ width: 32, height: 24, data: theirs }));
  const conflict = { kind: 'changed', path: 'trainannot/img0.png' };
  expect(await request(host, 'annotations.open', { item })).toMatchObject({ sequence: 1, conflict });
  expect(await planes()).toEqual(mine);
  const kept = await request(host, 'annotations.resolve', { item, keep: 'mine' });
  expect(kept).toMatchObject({ sequence: 1, conflict: null });
  expect(await planes()).toEqual(mine);

  writeFileSync(sourceFile(), before);
  const taken = await request(host, 'annotations.resolve', { item, keep: 'source' });
  expect(taken).toMatchObject({ sequence: 2, undo: [1, 2], conflict: null });
  expect(await planes()).toEqual(await planes(0));
  expect(await planes(1)).toEqual(mine);

  rmSync(sourceFile());
  expect(await request(host, 'annotations.open', { item })).toMatchObject({ conflict: { kind: 'gone' } });
  await expect(request(host, 'annotations.resolve', { item, keep: 'source' })).rejects.toThrow('no source any more');
  expect(await request(host, 'annotations.resolve', { item, keep: 'mine' })).toMatchObject({ conflict: null });
});

test('the first stroke is refused where the source changed between opening and painting', async () => {
  await request(host, 'annotations.open', { item });
  const document = await planes();
  writeFileSync(sourceFile(), encodeLabels({ width: 32, height: 24, data: new Uint8Array(32 * 24) }));
  utimesSync(sourceFile(), 1, 1);
  const edit = paint(document, 1);
  await expect(request(host, 'annotations.save', { item, sequence: 0, edit })).rejects.toThrow('changed on the disk');
  await request(host, 'annotations.open', { item });
  await request(host, 'annotations.save', { item, sequence: 0, edit });
  expect((await request(host, 'annotations.history', { item })).length).toBe(1);
});

test('whoever listens is told which image was edited', async () => {
  const told: unknown[] = [];
  host.onNews((name, news) => name === 'items.changed' && told.push(news));
  await request(host, 'annotations.save', { item, sequence: 0, edit: paint(await planes(), 1) });
  expect(told).toEqual([{ items: [item] }]);
});

test('a source of shapes opens with its outlines and instances, and editing one is kept', async () => {
  const folder = path.join(own.folder, 'drawn');
  mkdirSync(folder);
  const size = { width: 32, height: 24 };
  writeFileSync(path.join(folder, 'a.png'), encodeImage({ ...size, data: new Uint8Array(32 * 24 * 3) }));
  const rectangle = (label: string, x: number) => ({
    label,
    shape_type: 'polygon',
    points: [
      [x, 2],
      [x + 9, 2],
      [x + 9, 20],
      [x, 20],
    ],
  });
  const shapes = [rectangle('car', 2), rectangle('person', 6)];
  const content = { version: '5', imagePath: 'a.png', imageWidth: 32, imageHeight: 24, shapes };
  writeFileSync(path.join(folder, 'a.json'), JSON.stringify(content));
  const { id, classes } = await importData(host, folder);
  const [drawn] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items;
  item = drawn.id;
  const state = await request(host, 'annotations.open', { item });
  expect(state.shapes.map((shape) => classes[shape.class].name)).toEqual(['car', 'person']);
  expect(state.shapes[1].rings).toEqual([[6.5, 2.5, 15.5, 2.5, 15.5, 20.5, 6.5, 20.5]]);
  const document = await planes();
  const labels = await host.resource(new Request(`http://host${resources.labels(item)}`));
  expect(document.classes).toEqual(new Uint8Array(await labels.arrayBuffer()));
  for (const shape of state.shapes) document.shapes.set(shape.id, shape);
  const stroke = new Stroke(document);
  for (let y = 0; y < 24; y++) stroke.release(y, 0, 32, 2);
  stroke.setShape(2, null);
  await request(host, 'annotations.save', { item, sequence: 0, edit: edit(stroke) });
  expect((await request(host, 'annotations.open', { item })).shapes.map((shape) => shape.id)).toEqual([1]);
  const after = await planes();
  expect(after.instances).toEqual(document.instances);
  // What the person covered of the car is the car's again.
  expect(after.classes[10 * 32 + 8]).toBe(state.shapes[0].class);
  expect((await planes(0)).instances[10 * 32 + 8]).toBe(2);
});
