/** A sweep by the command line that is killed and goes on, and one in the window. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomUniform } from '../../src-main/base/random.ts';
import type { SweepSummary } from '../../src-main/contract/sweep.ts';
import { makeSample } from '../../src-main/datasets/sample.ts';
import { valueAt } from '../../src-main/search/space.ts';
import { keepShot, ROOT, Scratch, startApp, stillroom, type Window } from './app.ts';

const SEED = 5;
const FIELDS = [
  { field: 'methods.0.weight', space: { kind: 'log' as const, from: 0.1, to: 10 } },
  { field: 'augmentation.flip', space: { kind: 'choices' as const, choices: [0, 0.5] } },
];
const VALUES = [0, 1, 2].map((n) => FIELDS.map(({ space }, f) => valueAt(space, randomUniform(SEED, 'sweep', n, f))));

const scratch = new Scratch();
const project = scratch.path('project');
let window: Window;
let ended: SweepSummary;

beforeAll(async () => {
  await makeSample(scratch.path('street'), { train: 2, val: 2 });
  const recipe = {
    version: 1,
    name: 'Tiny',
    data: { dataset: 'street' },
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1 } } },
    methods: [{ method: 'ce', weight: 1 }],
    schedule: { steps: 4 },
    checkpoint: { every: 1 },
    batch: 1,
    crop: [64, 64],
  };
  writeFileSync(scratch.path('tiny.json'), JSON.stringify(recipe));
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

/** Begins the sweep, and kills its host as soon as it says something. */
function killedAt(words: RegExp): Promise<string> {
  const over = ['methods.0.weight=log(0.1,10)', 'augmentation.flip=choices(0,0.5)'].flatMap((one) => ['--over', one]);
  const asked = [...over, '--search', 'random', '--runs', '3', '--seed', String(SEED), '--project', project];
  const args = [path.join(ROOT, 'dist/main/cli.js'), 'sweep', scratch.path('tiny.json'), ...asked];
  const host = spawn(process.execPath, args, { env: scratch.env, stdio: ['ignore', 'ignore', 'pipe'] });
  return new Promise((resolve) => {
    let said = '';
    host.stderr.on('data', (data) => {
      said += data;
      if (words.test(said)) host.kill('SIGKILL');
    });
    host.once('exit', () => resolve(said));
  });
}

test('killed in its second run it goes on there, with the values that it would have had', async () => {
  expect(await killedAt(/Run 2 of 3/)).toMatch(/Run 2 of 3/);
  const resumed = await stillroom(scratch, 'sweep', '--resume', '1', '--project', project, '--json');
  expect(resumed.code, resumed.stderr).toBe(0);
  ended = JSON.parse(resumed.stdout);
  expect(ended).toMatchObject({ sweep: 1, status: 'finished', runs: 3, split: 'val', message: null });
  expect(ended.trials.map(({ values }) => values)).toEqual(VALUES);
  expect(ended.trials.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  expect(new Set(ended.trials.map(({ run }) => run)).size).toBe(3);
  const best = Math.max(...ended.trials.map(({ mIoU }) => mIoU!));
  expect(ended.trials.find(({ number }) => number === ended.best)!.mIoU).toBe(best);
}, 300_000);

test('in the window it is one entry, with its runs under it and a chart for each field', async () => {
  window = await startApp(scratch, [project]);
  await byId('nav-runs').click();
  await byId('sweep-1').waitFor();
  const rows = () => byId('runs-table').locator('tbody tr').count();
  expect(await rows()).toBe(1);
  expect(await byId('sweep-1').innerText()).toMatch(/Tiny: sweep of methods\.0\.weight.*finished.*3 \/ 3 runs/s);
  await byId('fold-1').click();
  await expect.poll(rows).toBe(4);
  await byId('sweep-1').click();
  for (const { field } of FIELDS) await byId(`sweep-chart-${field}`).locator('canvas').waitFor();
  await byId('sweep-parallel').locator('canvas').waitFor();
  const first = byId('sweep-trials').locator('tbody tr').first();
  expect(await first.innerText()).toMatch(new RegExp(`^${ended.best}\\s.*the best$`, 's'));
  await first.locator('button').click();
  await byId('run-detail').waitFor();
});

test('another is begun from the form of a recipe, stopped and continued', async () => {
  await byId('run-tab-recipe').click();
  await byId('use-recipe').click();
  await byId('field-schedule.steps').fill('40');
  await expect.poll(() => byId('sweep-open').isDisabled(), { timeout: 15_000 }).toBe(false);
  await byId('sweep-open').click();
  await byId('sweep-field-0').fill('learningRate');
  await page().getByRole('option', { name: 'optimizer.learningRate' }).click();
  expect(await byId('sweep-from-0').inputValue()).toBe('0.0001');
  expect(await byId('sweep-to-0').inputValue()).toBe('0.01');
  await byId('sweep-search').getByText('Grid').click();
  await byId('sweep-values-0').fill('2');
  await keepShot(page(), 'sweep-form');
  await byId('sweep-to-0').fill('-1');
  await byId('sweep-start').click();
  await page()
    .getByRole('dialog')
    .getByText(/smaller|positive|>0/i)
    .first()
    .waitFor();
  await byId('sweep-to-0').fill('0.01');
  await byId('sweep-start').click();
  await expect.poll(() => byId('sweep-status').textContent(), { timeout: 30_000 }).toBe('running');
  await byId('sweep-stop').click();
  await page().getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
  await expect.poll(() => byId('sweep-status').textContent(), { timeout: 60_000 }).toBe('stopped');
  await byId('sweep-resume').click();
  await expect.poll(() => byId('sweep-status').textContent(), { timeout: 180_000 }).toBe('finished');
  expect(await byId('sweep-2').innerText()).toContain('2 / 2 runs');
  expect(await byId('sweep-trials').innerText()).toMatch(/0\.01.*1\.00e-4|1\.00e-4.*0\.01/s);
}, 400_000);

test('everything has a name and enough contrast, in dark and in light', async () => {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page().emulateMedia({ colorScheme });
    await byId('nav-runs').click();
    if (!(await byId('sweep-parallel').isVisible())) await byId('sweep-1').click();
    await byId('sweep-parallel').locator('canvas').waitFor();
    await looksRight(`sweep-${colorScheme}`);
    await byId('nav-train').click();
    await byId('sweep-open').click();
    await byId('sweep-start').waitFor();
    await looksRight(`sweep-form-${colorScheme}`, '.sweep-form');
    await page().keyboard.press('Escape');
    await byId('sweep-start').waitFor({ state: 'hidden' });
  }
});

/** @param part what is looked at alone: beneath a dialog all else is darkened */
async function looksRight(name: string, part = 'body'): Promise<void> {
  await page().waitForTimeout(400);
  const { violations } = await new AxeBuilder({ page: page() }).include(part).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
  await keepShot(page(), name);
}
