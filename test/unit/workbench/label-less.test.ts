import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { LabelThreads } from '../../../src-main/workbench/label-threads.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { fakeApp, importData, makeCamvid, newWorkbench, ownFolder, quickRecipe, request, until } from './helpers.ts';
import { fetchPlanes, paint } from './painting.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let dataset: number;
let model: number;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench(fakeApp(own.folder));
  const data = makeCamvid(path.join(own.folder, 'streets'), { train: 3, val: 2 });
  for (const name of ['bare1', 'bare2']) {
    const picture = encodeImage({ width: 32, height: 24, data: new Uint8Array(32 * 24 * 3) });
    writeFileSync(path.join(data, 'train', `${name}.png`), picture);
  }
  await host.openProject(path.join(own.folder, 'project'), { create: true });
  dataset = (await importData(host, data)).id;
  await run('first');
  model = (await request(host, 'models.list', {}))[0].id;
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

async function run(name: string, steps = 2): Promise<string> {
  const recipe = quickRecipe(name, steps);
  const started = await request(host, 'runs.start', { recipe, dataset, teacher: null });
  await until(async () => (await request(host, 'runs.get', started)).status === 'finished');
  return started.run;
}

async function list(query: object = {}) {
  return (await request(host, 'items.query', itemQuery.parse({ dataset, ...query }))).items;
}

async function done({ job }: { job: number }): Promise<void> {
  await until(async () =>
    (await request(host, 'jobs.list', {})).some(({ id, status }) => id === job && status === 'done'),
  );
}

test('images without labels are listed by how unsure a model is of them, the least sure first', async () => {
  await done(await request(host, 'measures.uncertainty', { dataset, split: null, model }));
  const measures = await request(host, 'measures.list', { dataset });
  expect(measures.map(({ kind, rare, otherName }) => [kind, rare, otherName])).toEqual([
    ['margin', true, null],
    ['margin', false, null],
    ['entropy', true, null],
    ['entropy', false, null],
  ]);
  const sort = { by: 'measure' as const, measure: measures[3].id, descending: true };
  // The fake worker's figures rise with the order of the keys.
  expect((await list({ sort, labelled: false })).map(({ key }) => key)).toEqual(['train/bare2', 'train/bare1']);
  await done(await request(host, 'measures.uncertainty', { dataset, split: null, model }));
  expect((await request(host, 'measures.list', { dataset })).length).toBe(4);
});

test('pre-labels fill ignored pixels where the model is sure, as one entry that can be undone for all', async () => {
  const items = (await list({ text: 'train/' })).map(({ id }) => id);
  const before = new Map<number, Uint8Array>();
  for (const item of items) before.set(item, (await fetchPlanes(host, item)).classes);
  await done(await request(host, 'prelabels.start', { dataset, items, model, confidence: 0.9 }));
  for (const item of items) {
    const wanted = before.get(item)!.map((label, i) => (label === 255 && i >= 100 ? 5 : label));
    expect((await fetchPlanes(host, item)).classes).toEqual(wanted);
  }
  const bare = (await list({ text: 'bare' })).map(({ id }) => id);
  expect((await list({ text: 'bare' })).every(({ labelled }) => labelled)).toBe(true);
  const history = await request(host, 'annotations.history', { item: bare[0] });
  expect(history).toMatchObject([{ tool: 'prelabel', pixels: 32 * 24 - 100 }]);

  // One of them has been painted on since: that is not undone.
  const document = await fetchPlanes(host, bare[1]);
  await request(host, 'annotations.save', { item: bare[1], sequence: 1, edit: paint(document, 1) });
  const filled = items.filter((item) => before.get(item)!.some((label, i) => label === 255 && i >= 100));
  const { items: last } = await request(host, 'prelabels.last', { dataset });
  expect(last).toEqual(filled.filter((item) => item !== bare[1]));
  const { items: undone } = await request(host, 'prelabels.undo', { items });
  expect(undone).not.toContain(bare[1]);
  expect(undone).toContain(bare[0]);
  for (const item of undone) expect((await fetchPlanes(host, item)).classes).toEqual(before.get(item));
  expect((await fetchPlanes(host, bare[1])).classes).toEqual(document.classes);
  expect((await request(host, 'prelabels.last', { dataset })).items).toEqual([]);
  expect((await request(host, 'prelabels.undo', { items })).items).toEqual([]);
});

test('pre-labelling images that have nothing to fill leaves them as they are', async () => {
  const items = (await list({ text: 'val/img0' })).map(({ id }) => id);
  await done(await request(host, 'prelabels.start', { dataset, items, model, confidence: 0.9 }));
  const ignored = (await fetchPlanes(host, items[0])).classes.includes(255);
  expect((await request(host, 'annotations.history', { item: items[0] })).length).toBe(ignored ? 1 : 0);
  const elsewhere = request(host, 'prelabels.start', { dataset, items: [9999], model, confidence: 0.9 });
  await expect(elsewhere).rejects.toThrow('None of these images');
});

test('what the labels made since the last run brought is told by class', async () => {
  const first = (await request(host, 'runs.list', {}))[0].run;
  expect(await request(host, 'runs.gain', { run: first })).toBe(null);
  const bare = (await list({ text: 'bare' })).map(({ id }) => id);
  await done(await request(host, 'prelabels.start', { dataset, items: bare, model, confidence: 0.9 }));
  // Of the pre-labels before these nothing is left that could be taken back.
  expect((await request(host, 'prelabels.last', { dataset })).items).toEqual(bare);
  const second = await run('second');
  const gain = await request(host, 'runs.gain', { run: second });
  expect(gain).toMatchObject({
    run: second,
    before: first,
    split: 'val',
    images: 2,
    evaluatedImages: 0,
    otherRecipe: false,
    mIoU: [0.5, 0.5],
  });
  expect(gain!.classes.length).toBe(11);
  expect(gain!.classes[5]).toEqual({ before: 0.5, after: 0.5, pixels: 2 * (32 * 24 - 100) });
  expect(gain!.classes[0]).toEqual({ before: null, after: null, pixels: 0 });
  expect(await request(host, 'runs.labels', { run: first })).toEqual([]);
  const none = { images: 0, labelled: 0, corrected: 0 };
  const brought = gain!.classes.map((_, c) =>
    c === 5 ? { images: 2, labelled: 2 * (32 * 24 - 100), corrected: 0 } : none,
  );
  expect(await request(host, 'runs.labels', { run: second })).toEqual(brought);
  // It never changes: what was counted is not replayed again.
  const asked = vi.spyOn(LabelThreads.prototype, 'ask');
  expect(await request(host, 'runs.labels', { run: second })).toEqual(brought);
  expect(asked.mock.calls.filter(([, kind]) => kind === 'made')).toEqual([]);
  asked.mockRestore();

  const [val] = await list({ text: 'val/' });
  const document = await fetchPlanes(host, val.id);
  const before = document.classes.slice();
  const edit = paint(document, 1);
  await request(host, 'annotations.save', { item: val.id, sequence: 0, edit });
  // One that was edited before the last run, too: what was done then does not count again.
  const again = await fetchPlanes(host, bare[0]);
  const bareBefore = again.classes.slice();
  const onBare = paint(again, 2);
  await request(host, 'annotations.save', { item: bare[0], sequence: 1, edit: onBare });
  const wanted = gain!.classes.map(() => ({ ...none }));
  for (const [old, now] of [
    [before, document.classes],
    [bareBefore, again.classes],
  ]) {
    const touched = new Set<number>();
    old.forEach((label, i) => {
      if (label === now[i]) return;
      touched.add(label).add(now[i]);
      wanted[now[i]][label === 255 ? 'labelled' : 'corrected']++;
    });
    touched.forEach((label) => {
      if (label !== 255) wanted[label].images++;
    });
  }
  const third = await run('third', 3);
  expect(await request(host, 'runs.gain', { run: third })).toMatchObject({
    before: second,
    images: 2,
    evaluatedImages: 1,
    otherRecipe: true,
  });
  expect(await request(host, 'runs.labels', { run: third })).toEqual(wanted);
  await expect(request(host, 'runs.gain', { run: 'none' })).rejects.toThrow('none');
});
