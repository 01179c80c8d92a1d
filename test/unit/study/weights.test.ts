/** In which order weights are tried, by a project that answers without training. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Client } from '../../../src-main/cli/client.ts';
import type { Recipe } from '../../../src-main/contract/recipe.ts';
import { Records } from '../../study/records.ts';
import { BEST, SUMS } from '../../study/sums.ts';
import type { Table } from '../../study/tables.ts';
import { DSD } from '../../study/terms.ts';
import { setWeights, trySums } from '../../study/weights.ts';

const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'stillroom-weights-')));
afterEach(() => rmSync(path.join(folder, 'results'), { recursive: true, force: true }));
vi.spyOn(process.stderr, 'write').mockReturnValue(true);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const table = (id: string, methods: string[]): Table => ({
  id,
  title: id,
  student: { id: 'espnet-c', options: {} },
  start: null,
  steps: 600,
  seeds: 1,
  entries: methods.map((method) => ({ id: method, title: method, terms: [{ method }] })),
});

/** A project in which a run has the mIoU that `mIoUOf` gives to its recipe. @param done the recipes of the runs, in order */
function projectOf(mIoUOf: (recipe: Recipe) => number, done: Recipe[]): Client {
  const answers: Record<string, (asked: { recipe: Recipe; names: string[] }) => unknown> = {
    'datasets.import': () => ({ job: 1 }),
    'datasets.list': () => [{ id: 1, root: folder }],
    'models.import': () => ({ id: 2 }),
    'recipes.check': () => ({ problems: [] }),
    'runs.start': ({ recipe }) => ({ run: `run ${done.push(recipe)}` }),
    'runs.get': () => ({ status: 'finished' }),
    'runs.curves': ({ names }) => names.map((name) => ({ name, last: [1] })),
    'evaluations.list': () => [{ run: `run ${done.length}`, step: null, mIoU: mIoUOf(done.at(-1)!), ious: [] }],
  };
  const client = {
    file: async (_: string, file: string) => file,
    follow: async () => {},
    request: async (name: string, asked: { recipe: Recipe; names: string[] }) => answers[name](asked),
  };
  return client as unknown as Client;
}

const tried = (done: readonly Recipe[]) =>
  done.map(
    ({ methods }) =>
      methods
        .slice(1)
        .map(({ method, weight }) => `${method} ${weight}`)
        .join(' + ') || 'alone',
  );

function tryingOf(goOn = () => true) {
  return { data: folder, teacher: folder, records: new Records(path.join(folder, 'results')), goOn };
}

test('the student alone, each first weight, then upwards where that did no harm and downwards where it did', async () => {
  const done: Recipe[] = [];
  // KD does good, DIST harm, whatever the weight.
  const client = projectOf(({ methods }) => 0.4 + (methods[1]?.method === 'kd' ? 0.1 : methods[1] ? -0.1 : 0), done);
  const tables = [table('wide', ['kd', 'dist', 'cwd']), table('headline', ['dist'])];
  await setWeights(client, tables, 300, tryingOf());
  const first = ['alone', 'kd 1', 'dist 1', 'cwd 3'];
  const second = ['kd 10', 'dist 0.1', 'cwd 0.3'];
  expect(tried(done)).toEqual([...first, ...second, 'dist 0.32']);
  expect(new Set(done.map(({ schedule, seed }) => `${schedule.steps} ${seed}`))).toEqual(new Set(['300 0']));
});

test('what has been tried is not tried again, and nothing begins once the time is over', async () => {
  const done: Recipe[] = [];
  const client = projectOf(() => 0.4, done);
  const tables = [table('wide', ['kd', 'dist'])];
  await setWeights(
    client,
    tables,
    300,
    tryingOf(() => done.length < 2),
  );
  expect(tried(done)).toEqual(['alone', 'kd 1']);
  await setWeights(client, tables, 300, tryingOf());
  expect(tried(done)).toEqual(['alone', 'kd 1', 'dist 1', 'kd 10', 'dist 10']);
});

test('a term with a factor has no trials of its own', async () => {
  const done: Recipe[] = [];
  const sharp = { method: 'dsd.csd', params: { tau: 1 }, times: 0.1 };
  const entries = [
    { id: 'soft', title: 'DSD at τ = 4', terms: [{ method: 'dsd.psd' }, { method: 'dsd.csd' }] },
    { id: 'dsd', title: 'DSD', terms: [{ method: 'dsd.psd' }, sharp] },
  ];
  await setWeights(
    projectOf(() => 0.4, done),
    [{ ...table('wide', []), entries }],
    300,
    tryingOf(),
  );
  expect(tried(done)).toEqual(['alone', 'dsd.psd 0.5', 'dsd.csd 3', 'dsd.psd 5', 'dsd.csd 30']);
  expect(done.some(({ methods }) => methods.some(({ params }) => params?.tau === 1))).toBe(false);
});

test('sums are tried with the weights that did best by themselves, each times its factor, for all steps', async () => {
  const done: Recipe[] = [];
  const trying = tryingOf();
  const trial = { seed: 0, mIoU: 0.5, recipeHash: '' };
  trying.records.keepTrial({ ...trial, method: 'dsd.psd', weight: 0.2 });
  trying.records.keepTrial({ ...trial, method: 'dsd.csd', weight: 4 });
  const sharp = { method: 'dsd.csd', params: { tau: 1 }, times: 0.1 };
  const sums = [
    { id: 'alone', title: 'Student alone', terms: [] },
    { id: 'dsd', title: 'DSD', terms: [{ method: 'dsd.psd' }, sharp] },
  ];
  await trySums(
    projectOf(() => 0.4, done),
    table('wide', ['kd']),
    sums,
    [0, 1],
    trying,
  );
  const once = ['alone', 'dsd.psd 0.2 + dsd.csd 0.4'];
  expect(tried(done)).toEqual([...once, ...once]);
  expect(new Set(done.map(({ schedule }) => schedule.steps))).toEqual(new Set([600]));
});

test('a sum that the tables take is one of those that were tried', () => {
  expect(SUMS.map(({ terms }) => terms)).toEqual(expect.arrayContaining([BEST, DSD]));
  expect(new Set(SUMS.map(({ id }) => id)).size).toBe(SUMS.length);
});
