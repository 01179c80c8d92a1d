import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { recipeHash } from '../../../src-main/training/recipe-hash.ts';
import { currentRuns } from '../../study/plan.ts';
import { bestWeights, Records, type RunRecord } from '../../study/records.ts';
import { paired, reportText } from '../../study/report.ts';
import { recipeOf, TABLES } from '../../study/tables.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-study-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wide = TABLES[0];

function record(entry: string, seed: number, mIoU: number): RunRecord {
  const found = wide.entries.find(({ id }) => id === entry)!;
  const recipe = recipeOf(wide, found, { seed, steps: wide.steps, weights: {} });
  return {
    table: wide.id,
    entry,
    seed,
    recipe: JSON.parse(JSON.stringify(recipe)),
    recipeHash: recipeHash(recipe),
    mIoU,
    pixelAccuracy: 0.9,
    ious: [0.9, null, ...Array(9).fill(mIoU)],
    mIoUBefore: entry === 'alone' ? mIoU - 0.02 : null,
    gradients: { ce: 1, ...Object.fromEntries(found.terms.map(({ method }) => [method, 0.25 * (1 + seed)])) },
    weightsSha256: null,
    seconds: 100,
    machine: 'here',
    engine: 'cpu',
    codeVersion: '0',
    finishedAt: '',
  };
}

test('what was measured in pairs has a mean, a standard error and an interval', () => {
  // By scipy.stats.ttest_1samp(…).confidence_interval(): −0.046125 … 0.712792.
  const { mean, standardError, half } = paired([0.2, 0.3, 0.5]);
  expect(mean).toBeCloseTo(1 / 3, 9);
  expect(standardError).toBeCloseTo(0.0881917, 6);
  expect(half).toBeCloseTo(0.379458, 4);
});

test('entries of a table differ in their terms alone', () => {
  for (const table of TABLES) {
    const bare = table.entries.map((entry) => {
      const { name, methods, teacher, evaluation, ...rest } = recipeOf(table, entry, {
        seed: 2,
        steps: 9,
        weights: {},
      });
      return rest;
    });
    for (const one of bare) expect(one).toEqual(bare[0]);
  }
});

test('a table’s taps are those of its terms that read any', () => {
  const table = TABLES.find(({ taps }) => taps)!;
  const terms = [{ method: 'dsd.psd' }, { method: 'kd' }];
  const { methods } = recipeOf(table, { id: 'one', terms }, { seed: 0, steps: 9, weights: {} });
  expect(methods.map(({ taps }) => taps)).toEqual([null, table.taps, null]);
});

test('the weight that did best over its seeds is taken, and no other method’s', () => {
  const trial = (method: string, weight: number, seed: number, mIoU: number) => ({
    method,
    weight,
    seed,
    mIoU,
    recipeHash: '',
  });
  const trials = [trial('kd', 1, 0, 0.5), trial('kd', 1, 1, 0.1), trial('kd', 3, 0, 0.4), trial('kd', 3, 1, 0.4)];
  expect(bestWeights([...trials, trial('dist', 1, 0, 0.6)])).toEqual({ kd: 3, dist: 1 });
});

test('a record counts for the recipe that it was made by, and for no other', () => {
  const records = new Records(folder);
  const made = record('kd', 1, 0.4);
  records.keepRun(made);
  const entry = wide.entries.find(({ id }) => id === 'kd')!;
  const recipe = recipeOf(wide, entry, { seed: 1, steps: wide.steps, weights: {} });
  expect(records.run('wide', 'kd', recipe)).toEqual(made);
  expect(records.run('wide', 'kd', { ...recipe, batch: 4 })).toBeNull();
  expect(
    records.run('wide', 'kd', recipeOf(wide, entry, { seed: 1, steps: wide.steps, weights: { kd: 2 } })),
  ).toBeNull();
  expect(records.runs('wide')).toEqual([made]);
});

test('a run that a table would not do again as it is does not count for it', () => {
  const table = TABLES.find(({ entries }) => entries.some(({ sameTimeAs }) => sameTimeAs))!;
  const timed = table.entries.find(({ sameTimeAs }) => sameTimeAs)!;
  const times = [{ table: table.id, entry: timed.sameTimeAs!, step: 2, alone: 1, ratio: 2, spread: 0, machine: '' }];
  const run = (id: string, seed: number, steps: number, weights = {}): RunRecord => {
    const entry = table.entries.find((one) => one.id === id)!;
    const made = recipeOf(table, entry, { seed, steps, weights });
    return { ...record('kd', seed, 0.4), entry: id, recipeHash: recipeHash(made) };
  };
  const { steps, seeds } = table;
  const runs = [
    run('dsd', 0, steps),
    run('dsd', 1, steps, { 'dsd.psd': 7 }),
    run('dsd', 2, steps + 1),
    run('dsd', seeds, steps),
    run(timed.id, 0, 2 * steps),
    run(timed.id, 1, steps),
    { ...run('dsd', 3, steps), entry: 'of another time' },
  ];
  expect(currentRuns(table, runs, times, {})).toEqual([runs[0], runs[4]]);
  expect(currentRuns(table, runs, [], {})).toEqual([runs[0]]);
});

test('the report says what each entry brings, with its interval, and what is not done', () => {
  const runs = [0, 1, 2].flatMap((seed) => [
    record('alone', seed, 0.3 + seed / 100),
    record('kd', seed, 0.31 + seed / 100 + (seed === 1 ? 0.001 : 0)),
    record('dist', seed, 0.3 + (seed === 0 ? 0.05 : 0)),
    record('best', seed, 0.33 + seed / 100),
  ]);
  const text = reportText({ tables: TABLES, runs, times: [], trials: [], teacher: { name: 'ESPNet', mIoU: 0.5 } });
  expect(text).toContain('Teacher: ESPNet, mIoU 50.00.');
  expect(text).toContain(`12 of ${wide.entries.length * 3} runs are done.`);
  expect(text).toMatch(/\| KD \| \d+ \| 3 \| 32\.03 \| \+1\.03 \(\+0\.89 to \+1\.18\) \| – \| 0\.5 \|/);
  expect(text).toContain('- KD: over the student alone by 31.0 standard errors.');
  expect(text).toContain('- DIST: not told apart from the student alone (0.3 standard errors).');
  expect(text).toMatch(/- Best sum .*: over the best of the others \(KD\) by 59\.0 standard errors\./);
  expect(text).toContain('In its last quarter the student alone gains +2.00 (mean of 3).');
  expect(text).toContain('| KD | 90.0 | – | 32.0 |');
  expect(text).not.toContain('NaN');
});

test('what takes longer is held against the student that was trained for as long', () => {
  const headline = TABLES[1];
  const of = (id: string, seed: number, mIoU: number): RunRecord => {
    const entry = headline.entries.find((one) => one.id === id)!;
    const recipe = recipeOf(headline, entry, { seed, steps: headline.steps, weights: {} });
    return {
      ...record('alone', seed, mIoU),
      table: headline.id,
      entry: id,
      recipe: JSON.parse(JSON.stringify(recipe)),
    };
  };
  const runs = [0, 1, 2].flatMap((seed) => [
    of('alone', seed, 0.5),
    of('dsd', seed, 0.52 + seed / 1000),
    of('alone-dsd-time', seed, 0.53),
    ...(seed < 2 ? [of('apd', seed, 0.6)] : []),
  ]);
  const text = reportText({ tables: TABLES, runs, times: [], trials: [], teacher: null });
  expect(text).toMatch(/\| DSD \| 1500 \| 3 \| 52\.10 \| \+2\.10 \(.*?\) \| −0\.90 \(−1\.15 to −0\.65\) \|/);
  expect(text).toContain('- DSD: over the student alone by 36.4 standard errors.');
  expect(text).toContain('- DSD: under the student alone for the same time by 15.6 standard errors.');
  // Two pairs are too few.
  expect(text).not.toContain('- APD');
});
