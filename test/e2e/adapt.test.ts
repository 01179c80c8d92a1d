/** A student that is adapted to a second data set, put together in the form. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSample } from '../../src-main/datasets/sample.ts';
import { keepShot, Scratch, startApp, stillroom, type Window } from './app.ts';
import { trainLittle } from './job.ts';

const scratch = new Scratch();
const project = scratch.path('project');
let window: Window;
const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

/** A project of two samples with the teacher of both. */
beforeAll(async () => {
  const source = await makeSample(scratch.path('streets'), { train: 6, val: 2 });
  const target = await makeSample(scratch.path('avenues'), { train: 4, val: 2, seed: 7 });
  await trainLittle(scratch, source, project, 1);
  const imported = await stillroom(scratch, 'import', target, '--name', 'avenues', '--project', project);
  expect(imported.code, imported.stderr).toBe(0);
  window = await startApp(scratch, [project]);
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  scratch.remove();
});

async function shot(name: string, field: string): Promise<void> {
  await byId(field).scrollIntoViewIfNeeded();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page().emulateMedia({ colorScheme });
    await page().waitForTimeout(200);
    await keepShot(page(), `${name}-${colorScheme}`);
  }
  await page().emulateMedia({ colorScheme: 'light' });
}

async function choose(field: string, option: string | RegExp): Promise<void> {
  await byId(field).click();
  await page().getByRole('option', { name: option }).click();
}
const startable = () => expect.poll(() => byId('start-run').isDisabled(), { timeout: 30_000 }).toBe(false);

test('a target brings the choice of where each term counts, and the form says what the run is evaluated on', async () => {
  await byId('nav-train').click();
  await choose('preset', 'Sample: student distilled by DSD');
  await startable();
  expect(await byId('field-target.dataset').inputValue()).toBe('');
  expect(await byId('field-methods.1.domain').count()).toBe(0);
  expect(await byId('field-target.split').count()).toBe(0);
  await choose('field-target.dataset', 'avenues');
  await expect.poll(() => byId('field-target.split').inputValue()).toBe('train');
  await expect.poll(() => byId('evaluated-on').textContent()).toBe('Evaluated on val of the target avenues.');
  expect(await byId('field-methods.1.domain').inputValue()).toBe('the source');
  await shot('adapt-target', 'field-target.dataset');

  await choose('field-methods.0.domain', 'the target');
  await expect
    .poll(() => byId('recipe-problems').textContent(), { timeout: 15_000 })
    .toMatch(/^ce learns by labels, which the target data set has not/);
  expect(await byId('start-run').isDisabled()).toBe(true);
  await choose('field-methods.0.domain', 'the source');
  await choose('field-methods.1.domain', 'both, added up');
  await byId('add-method').click();
  await byId('add-method-ce.pseudo').click();
  await choose('field-methods.3.domain', 'the target');
  await byId('add-method').click();
  await byId('add-method-dakd.adversarial').click();
  await expect.poll(() => byId('field-methods.4.domain').inputValue()).toBe('both, added up');
  await byId('field-methods.4.params.width').fill('4');
  await startable();
  await shot('adapt-terms', 'field-methods.4.domain');
});

test('without a data set a target that the recipe wants is asked for; taken away, its terms are refused until they are changed', async () => {
  await page().locator('[aria-label="No target"]').click();
  await expect
    .poll(() => byId('recipe-problems').textContent(), { timeout: 15_000 })
    .toMatch(/fields need another value/);
  expect(await byId('field-methods.3.domain').inputValue()).toBe('the target');
  await choose('field-target.dataset', 'avenues');
  await startable();
  await choose('preset', 'DAKD: distil on source and target');
  expect(await byId('field-target.dataset').inputValue()).toBe('avenues');
  await choose('preset', 'Sample: student distilled by DSD');
  await startable();
});

test('the run has the terms of both data sets, and says what it was adapted to; its recipe comes back with the target', async () => {
  await choose('field-target.dataset', 'avenues');
  await choose('field-methods.1.domain', 'both, added up');
  await byId('field-schedule.steps').fill('3');
  await startable();
  await byId('start-run').click();
  await expect.poll(() => byId('run-status').textContent(), { timeout: 180_000 }).toBe('finished');
  await expect.poll(() => byId('run-terms').innerText()).toContain('dsd.psd@target');
  await shot('adapt-run', 'run-terms');
  await byId('nav-runs').click();
  await expect.poll(() => byId('runs-table').innerText()).toContain('Sample streets → avenues');
  await byId('runs-table').getByText('Sample: student distilled by DSD').first().click();
  await byId('run-tab-events').click();
  const detail = () => byId('run-detail').innerText();
  await expect.poll(detail).toContain('Evaluated on val of the target avenues.');
  expect(await detail()).toMatch(/Adapted to\s+avenues/);
  await shot('adapt-detail', 'run-detail');
  await byId('nav-train').click();
  await page().locator('[aria-label="No target"]').click();
  await byId('nav-runs').click();
  await byId('run-tab-recipe').click();
  await byId('use-recipe').click();
  await expect.poll(() => byId('field-target.dataset').inputValue()).toBe('avenues');
});
