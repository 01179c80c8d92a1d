import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import type { RunStatus } from '../../../src-main/contract/window.ts';
import { openDatabase } from '../../../src-main/store/database.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import {
  importData,
  makeCamvid,
  newWorkbench,
  projectOfStreets,
  quickRecipe,
  request,
  token,
  until,
} from './helpers.ts';

let own: Awaited<ReturnType<typeof projectOfStreets>>['own'];
let host: Workbench;
let project: string;
let root: string;
let dataset: number;

beforeEach(async () => {
  const made = await projectOfStreets();
  ({ own, project, root, host } = made);
  dataset = made.data.id;
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

async function start(name: string, steps?: number): Promise<string> {
  return (await request(host, 'runs.start', { recipe: quickRecipe(name, steps), dataset, teacher: null })).run;
}

async function status(run: string): Promise<RunStatus> {
  return (await request(host, 'runs.get', { run })).status;
}

function reached(run: string, ...wanted: RunStatus[]): Promise<boolean> {
  return until(async () => wanted.includes(await status(run)));
}

test('a run leaves its recipe, its curves, its results and its model', async () => {
  const run = await start('One of many');
  expect(run).toBe('one-of-many-1');
  await reached(run, 'finished');
  const detail = await request(host, 'runs.get', { run });
  expect(detail).toMatchObject({
    step: 6,
    steps: 6,
    engine: 'A fake engine, 1 threads',
    lastCheckpoint: 6,
    resumedFrom: 0,
    mIoU: 0.5,
    bestMIoU: 0.5,
    network: 'espnet-c p=1 q=1',
    folder: path.join(project, 'runs', run),
    recipe: quickRecipe('One of many'),
  });
  const told = await request(host, 'recipes.check', { recipe: quickRecipe('One of many'), dataset, teacher: null });
  expect(told.memory!.bytes).toBeGreaterThan(1e8);
  expect(detail.memoryEstimate! / told.memory!.bytes).toBeCloseTo(1, 2);
  expect(detail.memoryPeak).toBe(1e9 + 6);
  expect(detail.codeVersion).toMatch(/^0\.0\.0/);
  expect(detail.machine).toMatch(/cores/);
  expect(detail.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(detail.events.map((event) => event.text)).toEqual(['Started on A fake engine, 1 threads.', 'A note.']);
  expect(JSON.parse(readFileSync(path.join(detail.folder, 'recipe.json'), 'utf8'))).toEqual(quickRecipe('One of many'));
  const names = [
    'loss',
    'learningRate',
    'imagesPerSecond',
    'wait',
    'ce.value',
    'ce.weighted',
    'ce.gradientNorm',
    'mIoU',
  ];
  expect([...detail.metrics].sort()).toEqual([...names].sort());
  const [loss, mIoU] = await request(host, 'runs.curves', { run, names: ['loss', 'mIoU'] });
  expect(loss.last).toEqual([1, 2, 3, 4, 5, 6].map((step) => 1 / step));
  expect(mIoU.steps).toEqual([2, 6]);

  const models = await request(host, 'models.list', {});
  expect(models).toHaveLength(1);
  expect(models[0]).toMatchObject({ id: detail.model, run, card: { sha256: detail.weightsSha256 } });
  expect(models[0].parameters).toBe(detail.parameters);
  const { inputSize } = models[0];
  expect(models[0].speed).toMatchObject({ medianMs: 4, p95Ms: 5, memory: 1e8, engine: 'fake', size: inputSize });
  const evaluations = await request(host, 'evaluations.list', {});
  expect(evaluations.map((one) => one.step)).toEqual([null, 2]);
  const sort = { by: 'score' as const, evaluation: evaluations[0].id };
  const { items } = await request(host, 'items.query', { dataset, splits: ['val'], sort });
  expect(items.map((item) => item.score)).toEqual([0, 0.1, 0.2, 0.3]);
});

test('a run has finished also where its student cannot be measured, or measuring is stopped', async () => {
  const failing = await start('Not to be measured');
  await reached(failing, 'finished');
  const { events } = await request(host, 'runs.get', { run: failing });
  expect(events.at(-1)).toMatchObject({
    level: 'warning',
    text: 'The student’s speed could not be measured. The memory is full.',
  });
  const endless = await start('Measured forever');
  const jobs = () => request(host, 'jobs.list', {});
  await until(async () => (await jobs()).some(({ phase }) => phase === 'Measuring the speed of the student'));
  await request(host, 'runs.stop', { run: endless });
  await reached(endless, 'finished');
  const models = await request(host, 'models.list', {});
  for (const run of [failing, endless]) expect(models.find((model) => model.run === run)!.speed).toBeNull();
});

test('one trains at a time; the others wait, and can be taken back', async () => {
  const first = await start('slow', 20);
  const second = await start('slow', 2);
  const third = await start('slow', 2);
  expect(await Promise.all([first, second, third].map(status))).toEqual(['running', 'queued', 'queued']);
  expect(host.activeRuns()).toHaveLength(3);
  await expect(request(host, 'project.close', {})).rejects.toThrow(/A run is still going/);
  await request(host, 'runs.stop', { run: second });
  expect(await status(second)).toBe('stopped');
  await reached(third, 'finished');
  expect(await status(first)).toBe('finished');
  expect(host.activeRuns()).toHaveLength(0);
});

test('pause, go on, stop, and go on again from the checkpoint', async () => {
  const run = await start('slow', 40);
  await until(async () => (await request(host, 'runs.get', { run })).step >= 2);
  await request(host, 'runs.pause', { run });
  await reached(run, 'paused');
  const { step } = await request(host, 'runs.get', { run });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await request(host, 'runs.get', { run })).step).toBe(step);
  await request(host, 'runs.resume', { run });
  await until(async () => (await request(host, 'runs.get', { run })).step > step + 1);
  await request(host, 'runs.stop', { run });
  await reached(run, 'stopped');
  const stopped = await request(host, 'runs.get', { run });
  expect(stopped.lastCheckpoint).toBe(stopped.step);
  await request(host, 'runs.resume', { run });
  await reached(run, 'finished');
  expect((await request(host, 'runs.get', { run })).resumedFrom).toBe(stopped.step);
  await expect(request(host, 'runs.resume', { run })).rejects.toThrow(/has finished/);
  await expect(request(host, 'runs.pause', { run })).rejects.toThrow(/not running/);
});

test('a run outlasts a program that holds the database while it goes on, and loses nothing', async () => {
  const run = await start('slow', 8);
  await until(async () => (await request(host, 'runs.get', { run })).step >= 1);
  const other = openDatabase(path.join(project, 'project.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  const { step } = await request(host, 'runs.get', { run });
  // The worker gets to its end, and the host answers, but can write none of it.
  await until(() => existsSync(path.join(project, 'runs', run, 'model.safetensors')));
  expect(await request(host, 'runs.get', { run })).toMatchObject({ status: 'running', step });
  // Neither this one, nor a tag.
  const [{ id }] = (await request(host, 'items.query', itemQuery.parse({ dataset }))).items;
  const tagged = request(host, 'items.tag', { items: [id], add: ['looked at'], remove: [] });
  other.exec('ROLLBACK');
  other.close();
  await tagged;
  await reached(run, 'finished');
  const [loss] = await request(host, 'runs.curves', { run, names: ['loss'] });
  expect(loss.last).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => 1 / n));
  expect(await request(host, 'models.list', {})).toHaveLength(1);
  expect(await request(host, 'tags.list', { dataset })).toEqual([{ tag: 'looked at', items: 1 }]);
});

test('a worker that dies leaves a broken run that goes on where it was', async () => {
  const run = await start('dies at 4');
  await reached(run, 'broken');
  const broken = await request(host, 'runs.get', { run });
  expect(broken.message).toMatch(/died.*card fell out.*Resume/s);
  expect(broken.events.at(-1)).toMatchObject({ level: 'error', text: broken.message });
  const job = (await request(host, 'jobs.list', {})).findLast((one) => one.run === run);
  expect(job).toMatchObject({ status: 'failed', message: broken.message });
  await request(host, 'runs.resume', { run });
  await reached(run, 'finished');
  expect((await request(host, 'runs.get', { run })).resumedFrom).toBe(3);
  const [loss] = await request(host, 'runs.curves', { run, names: ['loss'] });
  expect(loss.steps).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a run that fails says why, and the next one begins', async () => {
  const failing = await start('fails at 3');
  const next = await start('next');
  await reached(next, 'finished');
  const failed = await request(host, 'runs.get', { run: failing });
  expect(failed.status).toBe('failed');
  expect(failed.message).toBe('The loss is NaN at step 3. Lower the learning rate.');
});

test('closing stops runs with a checkpoint; a host that was killed leaves broken ones', async () => {
  const run = await start('slow', 100);
  await until(async () => (await request(host, 'runs.get', { run })).step >= 3);
  await host.close({ stopRuns: true });
  host = newWorkbench(root);
  await host.openProject(project);
  const stopped = await request(host, 'runs.get', { run });
  expect(stopped.status).toBe('stopped');
  expect(stopped.lastCheckpoint).toBeGreaterThanOrEqual(3);
});

test('closing without stopping waits for the end', async () => {
  const run = await start('slow', 8);
  await host.close({ stopRuns: false });
  host = newWorkbench(root);
  await host.openProject(project);
  expect(await status(run)).toBe('finished');
});

test('a recipe that cannot be run is refused at its field, and leaves nothing', async () => {
  const bad = { ...quickRecipe('bad'), methods: [{ method: 'kd', weight: 1, params: {}, taps: null }] };
  await expect(request(host, 'runs.start', { recipe: bad, dataset, teacher: null })).rejects.toThrow(/teacher\.model/);
  const split = { ...quickRecipe('bad'), data: { dataset: null, split: 'test', evaluationSplit: null } };
  await expect(request(host, 'runs.start', { recipe: split, dataset, teacher: null })).rejects.toThrow(/data\.split/);
  const { problems, memory } = await request(host, 'recipes.check', {
    recipe: { ...quickRecipe('x'), batch: 0 },
    dataset,
    teacher: null,
  });
  expect(memory).toBeNull();
  expect(problems).toEqual([{ field: 'batch', message: expect.stringContaining('at least 1') }]);
  expect(await request(host, 'runs.list', {})).toEqual([]);
  expect(existsSync(path.join(project, 'runs', 'bad-1'))).toBe(false);
});

test('a precision is offered and taken where the chosen engine may have it', async () => {
  const check = () =>
    request(host, 'recipes.check', { recipe: { ...quickRecipe('x'), precision: 'bfloat16' }, dataset, teacher: null });
  expect(await check()).toMatchObject({ problems: [], precisions: ['float32', 'bfloat16', 'float16'] });
  await request(host, 'app.setSettings', { engine: 'wasm' });
  expect(await check()).toMatchObject({ problems: [{ field: 'precision' }], precisions: ['float32'] });
  const half = { ...quickRecipe('half'), precision: 'bfloat16' as const };
  await expect(request(host, 'runs.start', { recipe: half, dataset, teacher: null })).rejects.toThrow(/precision/);
  await request(host, 'app.setSettings', { engine: 'auto' });
  const { run } = await request(host, 'runs.start', { recipe: half, dataset, teacher: null });
  await reached(run, 'finished');
  expect((await request(host, 'runs.get', { run })).recipe.precision).toBe('bfloat16');
});

test('an imported model is copied into the project, once, and can be evaluated', async () => {
  const run = await start('made');
  await reached(run, 'finished');
  const file = path.join(project, 'runs', run, 'model.safetensors');
  const outside = path.join(own.folder, 'from-a-friend.safetensors');
  cpSync(file, outside);
  const model = await request(host, 'models.import', { file: await token(host, 'model', outside) });
  const again = await request(host, 'models.import', { file: await token(host, 'model', outside) });
  expect(again.id).toBe(model.id);
  expect(model.run).toBeNull();
  const copy = path.join(project, 'models', `${model.card.sha256}.safetensors`);
  expect(readFileSync(copy).equals(readFileSync(outside))).toBe(true);
  const { job } = await request(host, 'evaluations.start', { model: model.id, dataset, split: 'train' });
  await until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === job && one.status === 'done'),
  );
  const [evaluation] = await request(host, 'evaluations.list', { dataset });
  expect(evaluation).toMatchObject({ model: model.id, split: 'train', step: null, images: 6, engine: 'fake' });
  const { job: withCrf } = await request(host, 'evaluations.start', {
    ...{ model: model.id, dataset, split: 'train', crf: true },
  });
  await until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === withCrf && one.status === 'done'),
  );
  const both = (await request(host, 'evaluations.list', { dataset })).filter((one) => one.model === model.id);
  expect(both.map(({ crf, step, split }) => ({ crf, step, split }))).toEqual([
    { crf: true, step: null, split: 'train' },
    { crf: false, step: null, split: 'train' },
  ]);
  await expect(request(host, 'evaluations.start', { model: model.id, dataset, split: 'test' })).rejects.toThrow(
    /no labelled images in the split “test”/,
  );
  writeFileSync(outside, 'not weights');
  await expect(request(host, 'models.import', { file: await token(host, 'model', outside) })).rejects.toThrow(outside);
});

test('two models are compared on every image, and the images can then be listed by it', async () => {
  const made: number[] = [];
  for (const name of ['one', 'two']) {
    await reached(await start(name), 'finished');
    made.push((await request(host, 'models.list', {})).find(({ card }) => card.name === name)!.id);
  }
  const [model, other] = made;
  const ask = { dataset, split: 'val', model, other };
  const { job } = await request(host, 'measures.disagreement', ask);
  await until(async () =>
    (await request(host, 'jobs.list', {})).find(({ id, status }) => id === job && status === 'done'),
  );
  const [rare, measure, ...rest] = await request(host, 'measures.list', { dataset });
  expect(rest).toEqual([]);
  expect(rare).toMatchObject({ kind: 'disagreement', rare: true });
  expect(measure).toMatchObject({
    kind: 'disagreement',
    rare: false,
    modelName: 'one',
    otherName: 'two',
    split: 'val',
    items: 4,
  });
  const sort = { by: 'measure' as const, measure: measure.id, descending: true };
  const measures = [{ measure: measure.id, min: 0.01 }];
  const { items } = await request(host, 'items.query', { dataset, measures, sort });
  expect(items.map(({ score }) => score)).toEqual([0.03, 0.02, 0.01]);
  await expect(request(host, 'measures.disagreement', { ...ask, other: model })).rejects.toThrow(/differ from itself/);
});

/** A recipe that adapts to a second data set. */
const adapting = (name: string) =>
  recipe.parse({
    ...quickRecipe(name),
    teacher: { model: 'average' },
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1 } }, average: 0.9 },
    target: {},
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'ce.pseudo', weight: 1, domain: 'target' },
    ],
  });

test('a run on two data sets is evaluated on the target where that has labels, otherwise on the source; it says which', async () => {
  const folder = makeCamvid(path.join(own.folder, 'night'), { train: 3, val: 2 });
  const target = (await importData(host, folder)).id;
  const begin = (name: string, chosen: number | null, change: object = {}) =>
    request(host, 'runs.start', { recipe: { ...adapting(name), ...change }, dataset, teacher: null, target: chosen });
  await expect(begin('none', null)).rejects.toThrow(/no data set was chosen/);

  const about = async (run: string) => {
    await reached(run, 'finished');
    const { target, targetName, dataHash, events, model } = await request(host, 'runs.get', { run });
    const evaluations = await request(host, 'evaluations.list', {});
    const [last] = evaluations.filter((one) => one.model === model && one.step === null);
    return { target, targetName, dataHash, said: events[1].text, on: [last.dataset, last.split] };
  };
  const there = await about((await begin('there', target)).run);
  expect(there).toMatchObject({
    ...{ target, targetName: 'night', on: [target, 'val'] },
    said: 'Evaluated on val of the target night.',
  });
  const here = await about((await begin('here', target, { target: { split: 'train', evaluationSplit: 'dusk' } })).run);
  expect(here).toMatchObject({
    on: [dataset, 'val'],
    said: 'Evaluated on val of the source streets: the target night has no labels in dusk.',
  });
  expect(here.dataHash).toBe(there.dataHash);
  const alone = await start('alone');
  await reached(alone, 'finished');
  expect((await request(host, 'runs.get', { run: alone })).dataHash).not.toBe(here.dataHash);

  // The same pictures, labelled by other classes.
  const plain = path.join(own.folder, 'others');
  for (const split of ['train', 'val']) {
    cpSync(path.join(folder, split), path.join(plain, 'images', split), { recursive: true });
    cpSync(path.join(folder, `${split}annot`), path.join(plain, 'labels', split), { recursive: true });
  }
  writeFileSync(path.join(plain, 'classes.txt'), Array.from({ length: 12 }, (_, i) => `class ${i}`).join('\n'));
  const other = await importData(host, plain);
  await expect(begin('others', other.id)).rejects.toThrow(/target others has other classes than the source streets/);
  const unused = { split: 'train', evaluationSplit: null };
  expect(await about((await begin('unused', other.id, { target: unused })).run)).toMatchObject({
    on: [dataset, 'val'],
  });
});
