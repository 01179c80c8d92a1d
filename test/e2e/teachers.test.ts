/** A student that two teachers teach, put together in the form: the mean of both, then the best of each class. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSample } from '../../src-main/datasets/sample.ts';
import { keepShot, Scratch, startApp, type Window } from './app.ts';
import { trainLittle } from './job.ts';

const scratch = new Scratch();
const project = scratch.path('project');
let window: Window;
const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

/** A project of the sample with its teacher and another model, which knows little. */
beforeAll(async () => {
  const dataset = await makeSample(scratch.path('sample'), { train: 6, val: 2 });
  await trainLittle(scratch, dataset, project, 3);
  window = await startApp(scratch, [project]);
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  scratch.remove();
});

async function shot(name: string): Promise<void> {
  await byId('field-teacher.model').scrollIntoViewIfNeeded();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page().emulateMedia({ colorScheme });
    await page().waitForTimeout(200);
    await keepShot(page(), `${name}-${colorScheme}`);
  }
  await page().emulateMedia({ colorScheme: 'light' });
}

async function choose(field: string, option: RegExp): Promise<void> {
  await byId(field).click();
  await page().getByRole('option', { name: option }).click();
}
const startable = () => expect.poll(() => byId('start-run').isDisabled(), { timeout: 30_000 }).toBe(false);

test('a second teacher brings the choice of how they teach, and is said to be read for its logits alone', async () => {
  await byId('nav-train').click();
  await expect.poll(() => byId('field-teacher.model').inputValue()).toMatch(/^Sample teacher/);
  await startable();
  expect(await byId('field-teacher.combine').count()).toBe(0);
  await choose('field-teacher.others', /^Little/);
  await page().keyboard.press('Escape');
  await expect.poll(() => byId('field-teacher.combine').inputValue()).toBe('the mean of their logits');
  expect(await byId('tapped-teacher').textContent()).toBe(
    'dsd.psd reads taps: those of Sample teacher, the first teacher, alone.',
  );
  await startable();
  await shot('teachers-mean');
});

test('the best of each class is refused without evaluations, and told by classes with them', async () => {
  await choose('field-teacher.combine', /^the best teacher/);
  await expect
    .poll(() => byId('recipe-problems').textContent(), { timeout: 15_000 })
    .toMatch(/^Sample teacher, Little have not been evaluated on “train”/);
  expect(await byId('start-run').isDisabled()).toBe(true);
  await shot('teachers-unknown');
  await byId('evaluate-teachers').click();
  await byId('best-teachers').waitFor({ timeout: 120_000 });
  const best = await byId('best-teachers').innerText();
  expect(best).toMatch(/Sample teacher\s+.*sky/);
  expect(best).toMatch(/Little\s+\S/);
  await startable();
  expect(await byId('evaluate-teachers').count()).toBe(0);
  await shot('teachers-best');
});

test('the run tells who teaches what, and its recipe comes back with both teachers', async () => {
  await byId('field-schedule.steps').fill('3');
  await startable();
  await byId('start-run').click();
  await expect.poll(() => byId('run-status').textContent(), { timeout: 180_000 }).toBe('finished');
  await byId('nav-runs').click();
  await expect.poll(() => byId('runs-table').innerText()).toContain('Sample teacher + Little');
  await byId('runs-table').getByText('Sample teacher + Little').click();
  await byId('run-tab-events').click();
  const detail = () => byId('run-detail').innerText();
  await expect.poll(detail).toContain('Sample teacher, Little: the best teacher of each class');
  expect(await detail()).toContain('Each pixel is taught by the best teacher of its class: Sample teacher (');
  await shotOfRun();
  await byId('nav-train').click();
  await byId('field-teacher.model').click();
  await page()
    .getByRole('option', { name: /^Little/ })
    .click();
  await byId('nav-runs').click();
  await byId('run-tab-recipe').click();
  await byId('use-recipe').click();
  await expect.poll(() => byId('field-teacher.model').inputValue()).toMatch(/^Sample teacher/);
  await byId('best-teachers').waitFor({ timeout: 30_000 });
});

async function shotOfRun(): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page().emulateMedia({ colorScheme });
    await page().waitForTimeout(200);
    await keepShot(page(), `teachers-run-${colorScheme}`);
  }
  await page().emulateMedia({ colorScheme: 'light' });
}
