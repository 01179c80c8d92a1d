import { beforeAll, expect, test } from 'vitest';
import type { Search, Sweep, SweepTrial, Value } from '../../../src-main/contract/sweep.ts';
import { startupRuns } from '../../../src-main/search/optuna.ts';
import { plannedRuns, suggest } from '../../../src-main/search/suggest.ts';
import { quickRecipe } from '../workbench/helpers.ts';

const FIELDS: Sweep['fields'] = [
  { field: 'methods.0.weight', space: { kind: 'log', from: 0.01, to: 100 } },
  { field: 'augmentation.flip', space: { kind: 'linear', from: 0, to: 1 } },
  { field: 'schedule.warmup', space: { kind: 'whole', from: 0, to: 20 } },
  { field: 'schedule.power', space: { kind: 'choices', choices: [0, 0.9, { odd: true }] } },
];

const sweepBy = (search: Search, seed = 1): Sweep => ({
  base: { recipe: quickRecipe('any'), dataset: 1, teacher: null, others: [], start: null, target: null },
  fields: FIELDS,
  search,
  runs: search === 'grid' ? null : 30,
  seed,
});

const trial = (number: number, values: Value[], mIoU: number | null): SweepTrial => ({
  number,
  values,
  mIoU,
  state: mIoU === null ? 'failed' : 'done',
  run: null,
  message: null,
});

/** Best at 1, 0.5, 10 and 0.9; every seventh fails. */
function goodness([weight, flip, warmup, power]: Value[], number: number): number | null {
  if (number % 7 === 0) return null;
  const far = Math.abs(Math.log10(weight as number)) / 2 + Math.abs((flip as number) - 0.5);
  return 1 - (far + Math.abs((warmup as number) - 10) / 10 + (power === 0.9 ? 0 : 0.5)) / 3.5;
}

async function whole(sweep: Sweep, runs: number, before: SweepTrial[] = []): Promise<SweepTrial[]> {
  const trials = [...before];
  while (trials.length < runs) {
    const values = await suggest(sweep, trials, () => {});
    trials.push(trial(trials.length + 1, values, goodness(values, trials.length + 1)));
  }
  return trials;
}

function inSpace(values: Value[]): boolean {
  const [weight, flip, warmup, power] = values as [number, number, number, Value];
  const ranges = weight >= 0.01 && weight <= 100 && flip >= 0 && flip <= 1 && warmup >= 0 && warmup <= 20;
  return ranges && Number.isInteger(warmup) && [0, 0.9, { odd: true }].some((one) => String(one) === String(power));
}

test('random: in their spaces, all different, by seed and number alone', async () => {
  const trials = await whole(sweepBy('random'), 200);
  expect(trials.every(({ values }) => inSpace(values))).toBe(true);
  expect(new Set(trials.map(({ values }) => JSON.stringify(values))).size).toBe(200);
  const later = await suggest(
    sweepBy('random'),
    trials.slice(0, 120).map((one) => ({ ...one, mIoU: 0 })),
    () => {},
  );
  expect(later).toEqual(trials[120].values);
  expect(await suggest(sweepBy('random', 2), [], () => {})).not.toEqual(trials[0].values);
  // Half of a logarithmic range lies below its middle, and each choice comes up about as often.
  const below = trials.filter(({ values }) => (values[0] as number) < 1).length;
  expect(Math.abs(below - 100)).toBeLessThan(30);
  expect(Math.abs(trials.filter(({ values }) => values[3] === 0).length - 67)).toBeLessThan(30);
});

test('how many runs there will be', () => {
  expect(plannedRuns(sweepBy('random'))).toBe(30);
  expect(plannedRuns(sweepBy('grid'))).toBe(3 * 3 * 21 * 3);
  expect(() => plannedRuns({ ...sweepBy('grid'), runs: 5 })).toThrow(/as many runs as it has points/);
  expect(() => plannedRuns({ ...sweepBy('random'), runs: null })).toThrow(/how many runs/);
  const wide = { field: 'seed', space: { kind: 'whole' as const, from: 0, to: 1e9 } };
  expect(() => plannedRuns({ ...sweepBy('grid'), fields: [wide] })).toThrow(/1000000001 points/);
  expect([1, 6, 9, 30, 100].map(startupRuns)).toEqual([2, 2, 3, 10, 10]);
});

let learnt: SweepTrial[];
// Optuna is fetched where it is not in the cache yet.
beforeAll(async () => {
  learnt = await whole(sweepBy('bayes'), 26);
}, 300_000);

test('Optuna: in their spaces, and the same again from any of its trials on', async () => {
  expect(learnt.every(({ values }) => inSpace(values))).toBe(true);
  expect(await whole(sweepBy('bayes'), 22, learnt.slice(0, 20))).toEqual(learnt.slice(0, 22));
  expect(await suggest(sweepBy('bayes', 2), [], () => {})).not.toEqual(learnt[0].values);
}, 60_000);

test('Optuna learns: after its random start it tries better values', async () => {
  const mean = (trials: SweepTrial[]) => {
    const values = trials.flatMap(({ mIoU }) => mIoU ?? []);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const [start, end] = [learnt.slice(0, 10), learnt.slice(-8)].map(mean);
  expect(end).toBeGreaterThan(start + 0.1);
  // What it was told counts, not how many there were.
  const worse = learnt.slice(0, 20).map((one) => ({ ...one, mIoU: one.mIoU === null ? null : 1 - one.mIoU }));
  expect(await suggest(sweepBy('bayes'), worse, () => {})).not.toEqual(learnt[20].values);
}, 60_000);
