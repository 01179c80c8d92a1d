import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomUniform } from '../../../src-main/base/random.ts';
import type { SweepSummary } from '../../../src-main/contract/sweep.ts';
import type { Params } from '../../../src-main/contract/window.ts';
import { valueAt } from '../../../src-main/search/space.ts';
import { suggest } from '../../../src-main/search/suggest.ts';
import { recipeHash } from '../../../src-main/training/recipe-hash.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { newWorkbench, projectOfStreets, quickRecipe, request, until } from './helpers.ts';

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

/** Some runs in turn, on a machine that has other work too. */
const WHOLE_MS = 150_000;

const WEIGHT = { field: 'methods.0.weight', space: { kind: 'log' as const, from: 0.1, to: 10 } };

type Asked = Params<'sweeps.start'>;

function start(name: string, asked: Pick<Asked, 'search' | 'runs'> & Partial<Asked>, steps = 2): Promise<number> {
  const base = { recipe: quickRecipe(name, steps), dataset, teacher: null };
  return request(host, 'sweeps.start', { base, fields: [WEIGHT], ...asked }).then(({ sweep }) => sweep);
}

async function get(sweep: number): Promise<SweepSummary> {
  return (await request(host, 'sweeps.list', {})).find((one) => one.sweep === sweep)!;
}

function reached(sweep: number, status: SweepSummary['status']): Promise<SweepSummary> {
  return until(async () => {
    const found = await get(sweep);
    return found.status === status && found;
  }, WHOLE_MS);
}

/** Waits until a sweep is in the middle of a run. */
function inRun(sweep: number, number: number): Promise<string> {
  return until(async () => {
    const run = (await get(sweep)).trials.find((trial) => trial.number === number)?.run;
    return run != null && (await request(host, 'runs.get', { run })).step > 0 && run;
  });
}

test(
  'a grid: a run for each point, each with its values, and the best of them',
  async () => {
    const flip = { field: 'augmentation.flip', space: { kind: 'choices' as const, choices: [0, 0.5] } };
    const weight = { ...WEIGHT, space: { ...WEIGHT.space, from: 1, values: 2 } };
    const sweep = await start('All of them', { search: 'grid', fields: [flip, weight] });
    const ended = await reached(sweep, 'finished');
    expect(ended).toMatchObject({ name: 'All of them', runs: 4, search: 'grid', split: 'val', best: 1, message: null });
    expect(ended.trials.map(({ values }) => values)).toEqual(
      [0, 0.5].flatMap((one) => [1, 10].map((two) => [one, two])),
    );
    expect(ended.trials.map(({ mIoU }) => mIoU)).toEqual([0.5, 0.25, 0.5, 0.25]);
    const runs = await request(host, 'runs.list', {});
    expect(runs.map(({ run, sweep, status }) => ({ run, sweep, status }))).toEqual(
      [...ended.trials].reverse().map(({ run }) => ({ run, sweep, status: 'finished' })),
    );
    // What it ran by is in the run, as if it had been started alone.
    const { recipe, folder } = await request(host, 'runs.get', { run: ended.trials[3].run! });
    const alone = quickRecipe('All of them 4', 2);
    alone.methods[0].weight = 10;
    expect(recipe).toEqual(alone);
    expect(recipeHash(recipe)).toBe(recipeHash(alone));
    expect(JSON.parse(readFileSync(path.join(folder, 'recipe.json'), 'utf8'))).toEqual(alone);
    const job = (await request(host, 'jobs.list', {})).find((one) => one.sweep === sweep);
    expect(job).toMatchObject({ kind: 'sweep', status: 'done', done: 4, total: 4 });
  },
  WHOLE_MS,
);

test(
  'a run that fails counts as failed, and the sweep goes on',
  async () => {
    const sweep = await start('fails over 5', { search: 'grid' });
    const ended = await reached(sweep, 'finished');
    expect(ended.trials.map(({ state }) => state)).toEqual(['done', 'done', 'failed']);
    expect(ended.trials[2]).toMatchObject({
      mIoU: null,
      message: 'The loss is NaN at step 3. Lower the learning rate.',
    });
    expect(ended.best).toBe(2);
  },
  WHOLE_MS,
);

test(
  'a sweep of which nothing but failures has come is given up, and may be continued all the same',
  async () => {
    const over = { ...WEIGHT, space: { ...WEIGHT.space, from: 6 } };
    const sweep = await start('fails over 5', { search: 'random', runs: 5, fields: [over] });
    const failed = await reached(sweep, 'failed');
    expect(failed.trials.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed']);
    expect(failed.message).toMatch(/All 3 runs so far failed, the last one so: The loss is NaN.*continue it/);
    await request(host, 'sweeps.resume', { sweep });
    expect((await reached(sweep, 'failed')).trials).toHaveLength(4);
  },
  WHOLE_MS,
);

test(
  'so does one that the user stops',
  async () => {
    const sweep = await start(
      'slow',
      { search: 'grid', fields: [{ ...WEIGHT, space: { ...WEIGHT.space, values: 2 } }] },
      40,
    );
    await request(host, 'runs.stop', { run: await inRun(sweep, 1) });
    const second = await inRun(sweep, 2);
    expect((await get(sweep)).trials[0]).toMatchObject({
      state: 'failed',
      message: 'It was stopped before its last step.',
    });
    await request(host, 'runs.stop', { run: second });
    expect(await reached(sweep, 'finished')).toMatchObject({ best: null });
  },
  WHOLE_MS,
);

test(
  'stopped, it stops its run with a checkpoint; continued, it goes on there and comes to the same values',
  async () => {
    const asked = { search: 'random' as const, runs: 3, seed: 7 };
    const sweep = await start('slow', asked, 20);
    const run = await inRun(sweep, 2);
    expect(host.activeRuns().map(({ kind }) => kind)).toEqual(['sweep', 'train']);
    await request(host, 'sweeps.stop', { sweep });
    const stopped = await reached(sweep, 'stopped');
    expect(stopped.trials.map(({ state }) => state)).toEqual(['done', 'going']);
    expect((await request(host, 'runs.get', { run })).status).toBe('stopped');
    expect(host.activeRuns()).toEqual([]);
    await request(host, 'sweeps.resume', { sweep });
    const ended = await reached(sweep, 'finished');
    const uninterrupted = [0, 1, 2].map((n) => [valueAt(WEIGHT.space, randomUniform(7, 'sweep', n, 0))]);
    expect(ended.trials.map(({ values }) => values)).toEqual(uninterrupted);
    expect((await request(host, 'runs.get', { run })).resumedFrom).toBeGreaterThan(0);
    expect(ended.trials[1].run).toBe(run);
    await expect(request(host, 'sweeps.resume', { sweep })).rejects.toThrow(/has finished/);
  },
  WHOLE_MS,
);

test(
  'other runs have their turn between those of a sweep',
  async () => {
    const sweep = await start('slow', { search: 'random', runs: 2 }, 10);
    await inRun(sweep, 1);
    const { run } = await request(host, 'runs.start', { recipe: quickRecipe('between'), dataset, teacher: null });
    await reached(sweep, 'finished');
    const runs = await request(host, 'runs.list', {});
    const finishedAt = (name: string) => runs.find((one) => one.run === name)!.finishedAt!;
    const { trials } = await get(sweep);
    expect(finishedAt(run) < finishedAt(trials[1].run!)).toBe(true);
  },
  WHOLE_MS,
);

test(
  'closing stops a sweep with its run, or waits for all of it',
  async () => {
    const sweep = await start('slow', { search: 'random', runs: 2 }, 20);
    const run = await inRun(sweep, 1);
    await host.close({ stopRuns: true });
    host = newWorkbench(root);
    await host.openProject(project);
    expect(await get(sweep)).toMatchObject({ status: 'stopped', message: null, trials: [{ run, state: 'going' }] });
    await request(host, 'sweeps.resume', { sweep });
    await inRun(sweep, 1);
    await host.close({ stopRuns: false });
    host = newWorkbench(root);
    await host.openProject(project);
    expect(await get(sweep)).toMatchObject({ status: 'finished', runs: 2 });
  },
  WHOLE_MS,
);

test(
  'without Python a sweep by Optuna says so, and goes on when there is one',
  async () => {
    const { PATH } = process.env;
    process.env.PATH = own.folder;
    const asked = { search: 'bayes' as const, runs: 3, seed: 3, fields: [WEIGHT] };
    const sweep = await start('fails over 5', asked);
    const failed = await reached(sweep, 'failed').finally(() => {
      process.env.PATH = PATH;
    });
    expect(failed.message).toMatch(/needs Python 3\.10.*python3 is not installed.*search at random/s);
    expect(failed.trials).toEqual([]);
    await request(host, 'sweeps.resume', { sweep });
    const { trials } = await reached(sweep, 'finished');
    const base = {
      recipe: quickRecipe('fails over 5', 2),
      dataset,
      teacher: null,
      others: [],
      start: null,
      target: null,
    };
    for (const [i, { values }] of trials.entries())
      expect(await suggest({ base, ...asked }, trials.slice(0, i), () => {})).toEqual(values);
    expect(trials.map(({ state }) => state)).toEqual(
      trials.map(({ values: [weight] }) => ((weight as number) > 5 ? 'failed' : 'done')),
    );
  },
  WHOLE_MS,
);

test(
  'what cannot be run is refused before anything is recorded',
  async () => {
    const refused = (asked: Pick<Asked, 'search' | 'runs'> & Partial<Asked>) => expect(start('bad', asked)).rejects;
    const over = (field: string, ...choices: unknown[]) => [{ field, space: { kind: 'choices' as const, choices } }];
    await refused({ search: 'grid', fields: over('methods.3.weight', 1) }).toThrow(/methods\.3\.weight leads nowhere/);
    await refused({ search: 'grid', fields: over('optimizer.speed', 1) }).toThrow(/optimizer\.speed cannot be 1/);
    await refused({ search: 'grid', fields: over('batch', 2, 0) }).toThrow(/batch cannot be 0: .*at least 1/);
    await refused({ search: 'grid', runs: 3 }).toThrow(/as many runs as it has points/);
    await refused({ search: 'random' }).toThrow(/how many runs/);
    const unseen = { ...quickRecipe('bad'), data: { dataset: null, split: 'train', evaluationSplit: null } };
    await refused({ search: 'grid', base: { recipe: unseen, dataset, teacher: null } }).toThrow(
      /compared by their evaluation/,
    );
    expect(await request(host, 'sweeps.list', {})).toEqual([]);
    expect(await request(host, 'runs.list', {})).toEqual([]);
  },
  WHOLE_MS,
);
