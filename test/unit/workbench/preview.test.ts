/** What a folder holds is told before anything is written. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClassInfo, IGNORE } from '../../../src-main/contract/dataset.ts';
import type { FoundPreview, Reading, StrangePreview } from '../../../src-main/contract/preview.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request, token, until, writeItem } from './helpers.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;

beforeEach(() => {
  own = ownFolder();
  host = newWorkbench();
});
afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

const at = (...names: string[]) => path.join(own.folder, ...names);
const openProject = () => host.openProject(at('project'), { create: true });
const look = async (folder: string, reading: Reading | null = null) =>
  request(host, 'datasets.preview', { file: await token(host, 'dataset', folder), reading });
const list = async () => (await request(host, 'datasets.list', {}))[0];

async function importAs(
  folder: string,
  asked: { name?: string; reading?: Reading; classes?: ClassInfo[] },
): Promise<void> {
  const { job } = await request(host, 'datasets.import', { file: await token(host, 'dataset', folder), ...asked });
  await until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === job && one.status !== 'running'),
  );
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`)
    .sort();
}

test('splits, classes, shares, problems and examples are told, and nothing is written', async () => {
  const data = makeCamvid(at('streets'), { train: 30, val: 4, test: 1 });
  rmSync(path.join(data, 'valannot', 'img1.png'));
  writeFileSync(path.join(data, 'train', 'img0.png'), 'broken');
  await openProject();
  const before = [data, at('project')].map(files);
  const found = (await look(data)) as FoundPreview;
  expect(found).toMatchObject({
    kind: 'found',
    layout: 'camvid',
    name: 'streets',
    items: 35,
    labelled: 34,
    known: false,
  });
  expect(found.splits).toEqual([
    { name: 'train', items: 30, labelled: 30 },
    { name: 'val', items: 4, labelled: 3 },
    { name: 'test', items: 1, labelled: 1 },
  ]);
  expect(found.examples).toHaveLength(12);
  expect(new Set(found.examples.map((example) => example.split))).toEqual(new Set(['train', 'val', 'test']));
  expect(found.examples.some((example) => example.key === 'train/img0')).toBe(false);
  expect(found.problems.map((problem) => problem.path)).toEqual(['train/img0.png']);
  // Each label map of these has void too (value 11 of 12), which is no class.
  const labelled = found.examples.filter((example) => example.labelled).length;
  expect(found.allPixels).toBe(labelled * 32 * 24);
  let [sum, pixels] = [0, 0];
  for (const [i, example] of found.examples.entries()) {
    const image = await host.resource(new Request(`http://host${resources.example(found.key, i)}`));
    expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const labels = await host.resource(new Request(`http://host${resources.exampleLabels(found.key, i)}`));
    expect(labels.status).toBe(example.labelled ? 200 : 404);
    if (!example.labelled) continue;
    expect([labels.headers.get('x-width'), labels.headers.get('x-height')]).toEqual(['32', '24']);
    const data = new Uint8Array(await labels.arrayBuffer());
    pixels += data.length;
    sum += data.filter((value) => value !== IGNORE).length;
  }
  expect(pixels).toBe(found.allPixels);
  expect(found.pixels.reduce((total, count) => total + count, 0)).toBe(sum);
  expect([data, at('project')].map(files)).toEqual(before);
  expect(await request(host, 'datasets.list', {})).toEqual([]);
  for (const wrong of [
    '/data/previews/none/0/image',
    `/data/previews/${found.key}/12/image`,
    `/data/previews/${found.key}/0`,
  ]) {
    expect((await host.resource(new Request(`http://host${wrong}`))).status).toBe(404);
  }
});

test('no project need be open', async () => {
  expect(await look(makeCamvid(at('streets')))).toMatchObject({ kind: 'found', items: 10 });
});

test('the name that was given stays, also when the folder is imported again without one', async () => {
  const data = makeCamvid(at('streets'));
  await openProject();
  await importAs(data, { name: 'My streets' });
  expect((await list()).name).toBe('My streets');
  writeItem(data, 'val', 'more', 3);
  expect(await look(data)).toMatchObject({ name: 'My streets', known: true, items: 11 });
  expect(await importData(host, data)).toMatchObject({ name: 'My streets', items: 11 });
});

test('of several layouts that fit, the one that was chosen is kept', async () => {
  const data = makeCamvid(at('both'));
  for (const folder of ['images', 'labels']) mkdirSync(path.join(data, folder));
  writeFileSync(path.join(data, 'classes.txt'), 'one\ntwo\n');
  writeFileSync(path.join(data, 'images', 'x.png'), encodeImage({ width: 4, height: 3, data: new Uint8Array(36) }));
  const found = (await look(data)) as FoundPreview;
  expect([found.layout, ...found.layouts.map((one) => one.name)]).toEqual(['camvid', 'camvid', 'plain']);
  expect(await look(data, { layout: 'plain' })).toMatchObject({ layout: 'plain', items: 1 });
  await expect(look(data, { layout: 'voc' })).rejects.toThrow(/cannot be read as voc/);
  await openProject();
  await importAs(data, { reading: { layout: 'plain' } });
  expect(await list()).toMatchObject({ layout: 'plain', items: 1 });
  expect(await importData(host, data)).toMatchObject({ layout: 'plain', items: 1 });
});

test('a folder of no layout says what is there and what was looked for, and can be described by hand', async () => {
  const data = at('mine');
  for (const folder of ['pictures', 'masks', 'notes']) mkdirSync(path.join(data, folder), { recursive: true });
  for (const name of ['a', 'b']) {
    const size = { width: 4, height: 3 };
    writeFileSync(path.join(data, 'pictures', `${name}.png`), encodeImage({ ...size, data: new Uint8Array(36) }));
    writeFileSync(path.join(data, 'masks', `${name}.png`), encodeLabels({ ...size, data: new Uint8Array(12).fill(2) }));
  }
  const strange = (await look(data)) as StrangePreview;
  expect(strange).toMatchObject({ kind: 'strange', content: 'masks/, notes/, pictures/', near: null });
  expect(strange.looked.map((one) => one.title)).toContain('Cityscapes');
  expect(strange.folders).toEqual([
    { name: 'masks', images: 2 },
    { name: 'pictures', images: 2 },
  ]);
  const reading = { images: 'pictures', labels: 'masks', classes: ['one', 'two'] };
  // Two classes are too few: the value 2 is told.
  const few = (await look(data, reading)) as FoundPreview;
  expect(few.problems.map((problem) => problem.message).join()).toContain('label value 2');
  const found = (await look(data, { ...reading, classes: ['one', 'two', 'three'] })) as FoundPreview;
  expect(found).toMatchObject({ layout: 'plain', items: 2, labelled: 2, problems: [], pixels: [0, 0, 24] });
  await expect(look(data, { ...reading, images: '../project' })).rejects.toThrow(/leads out/);
  await openProject();
  await importAs(data, { reading: { ...reading, classes: ['one', 'two', 'three'] } });
  expect(await list()).toMatchObject({ layout: 'plain', labelled: 2, pixels: [0, 0, 24] });
  // What was said once is known: the command line imports the folder again without it.
  expect(await importData(host, data)).toMatchObject({ labelled: 2, pixels: [0, 0, 24] });
});

test('classes keep the names and colours that they were given, as long as the folder has the same', async () => {
  const data = makeCamvid(at('streets'));
  await openProject();
  const found = (await look(data)) as FoundPreview;
  const classes = found.classes.map((one, i) => (i === 3 ? { name: 'Tarmac', color: [1, 2, 3] as const } : one));
  const own = classes.map(({ name, color }) => ({ name, color: [...color] as [number, number, number] }));
  await importAs(data, { classes: own });
  const first = await list();
  expect(first.classes).toEqual(own);
  expect(((await look(data)) as FoundPreview).classes).toEqual(own);
  expect(await importData(host, data)).toMatchObject({ classes: own, pixels: first.pixels, hash: first.hash });
  // Two files say other things about the classes: the folder's own count again, and so many cannot be renamed.
  writeFileSync(
    path.join(data, 'dataset.json'),
    JSON.stringify({ format: 'stillroom-dataset', version: 1, name: 'n', classes: own.slice(0, 2) }),
  );
  mkdirSync(path.join(data, 'images', 'train'), { recursive: true });
  writeFileSync(
    path.join(data, 'images', 'train', 'x.png'),
    encodeImage({ width: 4, height: 3, data: new Uint8Array(36) }),
  );
  await importAs(data, { classes: own, reading: { layout: 'stillroom' } });
  expect((await request(host, 'jobs.list', {})).at(-1)).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('has 2 classes now, not 11'),
  });
  await importAs(data, { reading: { layout: 'stillroom' } });
  expect((await list()).classes).toEqual(own.slice(0, 2));
  const twice = [own[0], own[0], ...own.slice(2)];
  await expect(importAs(data, { classes: twice })).rejects.toThrow(/two classes have one name/);
});

test('a data set near by is offered, and what is no folder is refused in words', async () => {
  makeCamvid(at('outer', 'CamVid'));
  const strange = (await look(at('outer'))) as StrangePreview;
  expect(strange.near?.label).toBe(at('outer', 'CamVid'));
  expect(await request(host, 'datasets.preview', { file: strange.near!.file })).toMatchObject({ kind: 'found' });
  await expect(look(at('nowhere'))).rejects.toThrow(/it is not there/);
  await expect(request(host, 'datasets.preview', { file: '/etc' })).rejects.toThrow(/not chosen by you/);
  expect(existsSync(at('nowhere'))).toBe(false);
});
