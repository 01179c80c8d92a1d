import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomBits, randomUniform } from '../../../src-main/base/random.ts';
import { recipe as recipeSchema } from '../../../src-main/contract/recipe.ts';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { countDataset, finishDataset, getDataset, saveDataset } from '../../../src-main/store/datasets.ts';
import {
  evaluationsOfItem,
  listEvaluations,
  saveEvaluation,
  thinEvaluations,
} from '../../../src-main/store/evaluations.ts';
import { dropItems, getItem, type ItemRecord, saveItems } from '../../../src-main/store/items.ts';
import { jobData } from '../../../src-main/store/labelled.ts';
import { curve, dropMetricsAfter, metricNames, saveMetrics } from '../../../src-main/store/metrics.ts';
import { getModel, listModels, saveModel } from '../../../src-main/store/models.ts';
import {
  addEvent,
  addRun,
  breakLostRuns,
  changeRun,
  getRun,
  getRunDetail,
  listRuns,
} from '../../../src-main/store/runs.ts';

const CLASSES = ['Sky', 'Road', 'Pole', 'Car', 'Person'];
const ITEMS = 300;
const RECIPE = recipeSchema.parse({
  version: 1,
  name: 'Dürre Stämme & more!',
  data: {},
  student: { network: { id: 'espnet-c', options: { p: 2, q: 3 } } },
  methods: [{ method: 'ce', weight: 1 }],
  schedule: { steps: 100 },
  batch: 4,
  crop: [64, 64],
});

let folder: string;
let database: WritableDatabase;
let dataset: number;
let model: number;
let evaluation: number;
let records: ItemRecord[];
let ids: number[];
const scores = new Map<number, { mIoU: number | null; ious: (number | null)[] }>();

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-queries-'));
  database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  const classes = CLASSES.map((name) => ({ name, color: [0, 0, 0] as [number, number, number] }));
  const values = new Array<number>(256).fill(255);
  dataset = saveDataset(database, { name: 'made', layout: 'camvid', root: '/made', classes, values });
  records = Array.from({ length: ITEMS }, (_, i) => ({
    key: `${i % 3 ? 'train' : 'val'}/img_${String(randomBits(1, 'key', i)).padStart(10, '0')}`,
    split: i % 3 ? 'train' : 'val',
    image: `i/${i}.png`,
    labels: i % 10 ? `l/${i}.png` : null,
    width: 480,
    height: 360,
    hash: `h${i}`,
    stamp: 's',
    pixels: CLASSES.map((_, c) => (randomUniform(1, 'there', i, c) < 0.5 ? 1 + (randomBits(1, 'n', i, c) % 99) : 0)),
  }));
  saveItems(database, dataset, records);
  finishDataset(database, dataset, { problems: [], totals: countDataset(database, dataset) });
  ids = records.map((one) => database.prepare('SELECT id FROM items WHERE key = ?').pluck().get(one.key) as number);
  const card = { name: 'm', sha256: 'abc' } as never;
  model = saveModel(database, { file: 'models/abc.pth', card, run: null, parameters: 7, macs: 9, inputSize: [3, 4] });
  ids.forEach((id, i) => {
    // Some items have no result, and some results no class: both must sort last.
    if (i % 7 === 0) return;
    const ious = CLASSES.map((_, c) => (randomUniform(2, 'iou', i, c) < 0.6 ? randomUniform(3, 'iou', i, c) : null));
    scores.set(id, { mIoU: i % 11 === 0 ? null : randomUniform(4, 'miou', i), ious });
  });
  evaluation = saveEvaluation(database, evaluationOf(model, null));
});

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function evaluationOf(ofModel: number, step: number | null, mIoU = 0.5) {
  return {
    model: ofModel,
    dataset,
    split: 'val',
    step,
    engine: 'cpu',
    result: {
      mIoU,
      pixelAccuracy: 0.9,
      meanAccuracy: 0.6,
      ious: CLASSES.map(() => 0.5),
      confusion: [1, 2, 3],
      outputs: 5,
      images: scores.size,
      msPerImage: 3,
      parameters: 7,
      macs: 9,
      inputSize: [3, 4] as [number, number],
      items: [...scores].map(([item, { mIoU: own, ious }]) => ({ item, mIoU: own, pixelAccuracy: 0.8, ious })),
    },
  };
}

test('an item keeps its number when it is indexed again, and its pixels are renewed', () => {
  const pixels = [5, 0, 0, 0, 1];
  saveItems(database, dataset, [{ ...records[0], pixels, hash: 'other' }]);
  expect(getItem(database, ids[0])).toMatchObject({ key: records[0].key, pixels, labelled: false });
  saveItems(database, dataset, [records[0]]);
  expect(getItem(database, ids[0]).pixels).toEqual(records[0].pixels);
  expect(() => getItem(database, 999999)).toThrow(/no image 999999/);
});

test('a data set is counted by split, label and class', () => {
  const summary = getDataset(database, dataset);
  expect(summary.items).toBe(ITEMS);
  expect(summary.labelled).toBe(records.filter((one) => one.labels).length);
  expect(new Map(summary.splits.map((one) => [one.name, one.items]))).toEqual(
    new Map([
      ['train', records.filter((one) => one.split === 'train').length],
      ['val', records.filter((one) => one.split === 'val').length],
    ]),
  );
  expect(summary.pixels).toEqual(CLASSES.map((_, c) => records.reduce((sum, one) => sum + one.pixels[c], 0)));
});

test('a job gets the labelled items of its split in the order of their keys', () => {
  const wanted = records.filter((one) => one.split === 'val' && one.labels).map((one) => one.key);
  expect(jobData(database, '/project', dataset, 'val').items.map((item) => item.key)).toEqual(wanted.sort());
  expect(() => jobData(database, '/project', dataset, 'test')).toThrow(/no labelled images in the split “test”/);
});

test('items that are gone take their results along', () => {
  const extra = { ...records[1], key: 'val/extra' };
  saveItems(database, dataset, [extra]);
  const id = database.prepare("SELECT id FROM items WHERE key = 'val/extra'").pluck().get() as number;
  const one = evaluationOf(model, 5);
  one.result.items = [{ item: id, mIoU: 0.5, pixelAccuracy: 0.5, ious: [0.5, null, null, null, null] }];
  const at = saveEvaluation(database, one);
  dropItems(database, dataset, ['val/extra']);
  for (const table of ['item_results', 'item_ious']) {
    expect(database.prepare(`SELECT count(*) FROM ${table} WHERE evaluation = ?`).pluck().get(at), table).toBe(0);
  }
  expect(database.prepare('SELECT count(*) FROM item_classes WHERE item = ?').pluck().get(id)).toBe(0);
  database.prepare('DELETE FROM evaluations WHERE id = ?').run(at);
});

test('a result that cannot be written whole is not written at all', () => {
  const before = listEvaluations(database, dataset).length;
  const bad = evaluationOf(model, 77);
  bad.result.items.push({ item: 123456, mIoU: 0, pixelAccuracy: 0, ious: [] });
  expect(() => saveEvaluation(database, bad)).toThrow(/FOREIGN KEY/);
  expect(listEvaluations(database, dataset)).toHaveLength(before);
});

test('results of one item name their evaluation and each class', () => {
  const id = [...scores.keys()][3];
  expect(evaluationsOfItem(database, id)).toEqual([
    { evaluation, model, crf: false, mIoU: scores.get(id)?.mIoU, pixelAccuracy: 0.8, ious: scores.get(id)?.ious },
  ]);
});

test('runs get plain folder names, numbered, and their model is renewed in place', () => {
  const run = addRun(database, newRun());
  expect(run).toBe('durre-stamme-more-1');
  expect(addRun(database, newRun())).toBe('durre-stamme-more-2');
  const card = { name: 'student', sha256: '1' } as never;
  const first = saveModel(database, { file: 'runs/a/best', card, run, parameters: 1, macs: 1, inputSize: [1, 1] });
  const second = saveModel(database, { file: 'runs/a/model', card, run, parameters: 1, macs: 1, inputSize: [1, 1] });
  expect(second).toBe(first);
  expect(getModel(database, first)).toMatchObject({ run, file: 'runs/a/model' });
  expect(listModels(database).filter((one) => one.run === run)).toHaveLength(1);
  expect(getRun(database, run)).toMatchObject({ model: first, network: 'espnet-c p=2 q=3', methods: ['ce'] });
  for (const [step, mIoU] of [
    [10, 0.6],
    [20, 0.7],
    [30, 0.5],
    [40, 0.65],
  ]) {
    saveEvaluation(database, evaluationOf(first, step, mIoU));
    thinEvaluations(database, first);
  }
  // Neither one with the dense CRF takes the place of another, nor the other way round
  const withCrf = saveEvaluation(database, { ...evaluationOf(first, null, 0.9), crf: true });
  expect(saveEvaluation(database, evaluationOf(first, null, 0.1))).toBeGreaterThan(withCrf);
  const last = listEvaluations(database, dataset).find(({ step, crf }) => step === null && !crf)!;
  database.prepare('DELETE FROM evaluations WHERE id = ?').run(last.id);
  thinEvaluations(database, first);
  expect(listEvaluations(database, dataset).find(({ id }) => id === withCrf)).toMatchObject({ mIoU: 0.9, crf: true });
  database.prepare('DELETE FROM evaluations WHERE id = ?').run(withCrf);
  const kept = listEvaluations(database, dataset).filter((one) => one.model === first);
  expect(kept.map((one) => one.step)).toEqual([40, 30, 20, 10]);
  const detailed = kept.filter((one) =>
    database.prepare('SELECT 1 FROM item_results WHERE evaluation = ?').get(one.id),
  );
  expect(detailed.map((one) => one.step)).toEqual([40, 20]);
});

function newRun() {
  return {
    recipe: RECIPE,
    dataset,
    teacher: null,
    parameters: 5,
    codeVersion: '1',
    dataHash: 'd',
    machine: 'm',
    memoryEstimate: 2e9,
  };
}

test('what was going when the host died is broken, what waited is stopped, what ended stays', () => {
  const states = ['running', 'paused', 'queued', 'finished', 'failed'] as const;
  const runs = states.map((status) => {
    const run = addRun(database, newRun());
    changeRun(database, run, { status, message: null });
    return run;
  });
  breakLostRuns(database);
  const after = runs.map((run) => getRun(database, run).status);
  expect(after).toEqual(['broken', 'broken', 'stopped', 'finished', 'failed']);
  expect(getRun(database, runs[0]).message).toMatch(/Resume it/);
  addEvent(database, runs[0], { level: 'info', text: 'hello' });
  expect(getRunDetail(database, runs[0]).events.map((one) => one.text)).toEqual(['hello']);
  expect(listRuns(database)[0].run).toBe(runs.at(-1));
  expect(() => getRun(database, 'no-such')).toThrow(/no run “no-such”.*/);
});

test('curves are reduced to buckets that keep every extreme and the last value', () => {
  const run = addRun(database, newRun());
  const value = (step: number) => Math.sin(step / 50) + (step === 4321 ? 100 : 0) - (step === 777 ? 100 : 0);
  const steps = 10_000;
  saveMetrics(
    database,
    run,
    Array.from({ length: steps }, (_, i) => ({ name: 'loss', step: i + 1, value: value(i + 1) })),
  );
  saveMetrics(database, run, [
    { name: 'wait', step: 1, value: Number.NaN },
    { name: 'wait', step: 2, value: 0.5 },
    { name: 'wait', step: 3, value: Number.POSITIVE_INFINITY },
  ]);
  expect(metricNames(database, run)).toEqual(['loss', 'wait']);
  const points = 100;
  const loss = curve(database, run, 'loss', points);
  expect(loss.steps).toHaveLength(points);
  loss.steps.forEach((end, bucket) => {
    const inside = Array.from({ length: 100 }, (_, i) => value(bucket * 100 + i + 1));
    expect(end).toBe((bucket + 1) * 100);
    expect(loss.min[bucket]).toBe(Math.min(...inside));
    expect(loss.max[bucket]).toBe(Math.max(...inside));
    expect(loss.last[bucket]).toBe(inside.at(-1));
  });
  expect(curve(database, run, 'wait', 10)).toEqual({ name: 'wait', steps: [2], min: [0.5], max: [0.5], last: [0.5] });
  expect(curve(database, run, 'nothing', 10).steps).toEqual([]);
  dropMetricsAfter(database, run, 50);
  expect(curve(database, run, 'loss', 1000).steps.at(-1)).toBe(50);
});

test('how long a run waits for its images leaves out the first steps after a start', () => {
  const run = addRun(database, newRun());
  const waits = (steps: number[], value: number) =>
    saveMetrics(
      database,
      run,
      steps.map((step) => ({ name: 'wait', step, value })),
    );
  waits([1, 2, 3, 4, 5], 0.9);
  expect(getRun(database, run).wait).toBeNull();
  waits([6, 7, 8], 0.02);
  expect(getRun(database, run).wait).toBeCloseTo(0.02);
  changeRun(database, run, { resumedFrom: 8 });
  expect(getRun(database, run).wait).toBeNull();
});
