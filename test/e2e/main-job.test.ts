/** The main job as a person does it: a data set, a teacher, a student, and where the two differ. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepShot, Scratch, startApp, startServed, type Window, willChoose } from './app.ts';
import { pictureOf, placeOf, probe, settled } from './compare-driver.ts';
import { type MainJob, mainJob } from './job.ts';

const STEPS = 12;

const scratch = new Scratch();
let job: MainJob;
let window: Window;
/** What a pane showed in the window, to be held against the browser. */
let shownTruth: Awaited<ReturnType<typeof pictureOf>>;

beforeAll(async () => {
  job = await mainJob(scratch);
  window = await startApp(scratch, [], 'webgl');
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

/** Opens the job's item in Compare by way of Browse. */
async function openItem(on: typeof window.page): Promise<void> {
  await on.getByTestId('nav-browse').click();
  await on.getByTestId('filter-text').fill(job.item);
  await on.getByTestId(`item-${job.item}`).click();
  await on.getByTestId('viewer-compare').click();
  await expect.poll(() => on.getByTestId('probe-item').textContent()).toBe(job.item);
  await settled(on);
}

test('opens a data set in a new project', async () => {
  await willChoose(window.app, job.dataset, scratch.path('project'));
  await byId('start-dataset').click();
  await byId('example-11').waitFor({ timeout: 120_000 });
  await keepShot(page(), 'import');
  await byId('import-start').click();
  await expect.poll(() => byId('item-count').textContent(), { timeout: 120_000 }).toBe(`${job.items} images`);
  expect(existsSync(scratch.path('project', 'project.sqlite'))).toBe(true);
  await keepShot(page(), 'browse');
});

test('imports the teacher and tells what it is', async () => {
  await willChoose(window.app, job.teacher);
  await page().keyboard.press('Control+i');
  await byId('nav-models').click();
  await byId('models-table').getByText(job.teacherName).first().click();
  await expect.poll(() => byId('model-card').textContent(), { timeout: 30_000 }).toContain(job.classes[0].name);
  await keepShot(page(), 'models');
});

test('refuses a bad field in words, at the field', async () => {
  await byId('nav-train').click();
  await byId('field-batch').fill('0');
  await expect.poll(() => byId('recipe-form').innerText(), { timeout: 15_000 }).toMatch(/batch|1/i);
  await expect.poll(() => byId('start-run').isDisabled()).toBe(true);
  await byId('field-batch').fill('2');
  await expect.poll(() => byId('start-run').isDisabled(), { timeout: 15_000 }).toBe(false);
});

test('offers the precisions that the engine may have', async () => {
  await expect.poll(() => byId('field-precision').inputValue()).toBe('float32');
  await byId('field-precision').click();
  await page()
    .getByRole('option', { name: /^bfloat16/ })
    .click();
  await expect.poll(() => byId('start-run').isDisabled(), { timeout: 15_000 }).toBe(false);
  expect(await byId('field-precision').inputValue()).toMatch(/^bfloat16/);
  await byId('field-precision').click();
  await page().getByRole('option', { name: 'float32', exact: true }).click();
});

test('distils a student, with live curves', async () => {
  await byId('field-schedule.steps').fill(String(STEPS));
  await byId('field-checkpoint.every').fill('4');
  await expect.poll(() => byId('start-run').isDisabled(), { timeout: 15_000 }).toBe(false);
  await page().keyboard.press('Control+Enter');
  await expect.poll(() => byId('run-status').textContent(), { timeout: 60_000 }).toBe('running');
  await expect.poll(() => byId('curves').locator('canvas').count(), { timeout: 60_000 }).toBeGreaterThan(0);
  await keepShot(page(), 'train');
  await expect.poll(() => byId('run-status').textContent(), { timeout: 180_000 }).toBe('finished');
  expect(await byId('run-figures').innerText()).toContain(`${STEPS} / ${STEPS}`);
  const [run] = readdirSync(scratch.path('project', 'runs'));
  expect(readdirSync(scratch.path('project', 'runs', run))).toContain('model.safetensors');
});

test('shows what each says of a pixel, as computed elsewhere', async () => {
  await openItem(page());
  await keepShot(page(), 'compare');
  for (const point of job.points) {
    const said = await probe(page(), 'truth', job.size, point);
    expect(said.truth.name).toBe(job.classes[point.truth]?.name ?? 'ignored');
    // Where two classes are nearly as likely, the last digits decide.
    if (point.probability !== undefined && point.probability < 0.55) continue;
    expect(said.teacher.name).toBe(job.classes[point.class]?.name ?? `output ${point.class + 1}, no class`);
    if (point.probability !== undefined) expect(said.teacher.probability).toBeCloseTo(point.probability, 1);
  }
});

test('draws each class in its own colour', async () => {
  for (let i = 0; i < 10; i++) await page().keyboard.press('=');
  await page().waitForTimeout(300);
  shownTruth = await pictureOf(page(), 'truth');
  const box = await byId('pane-truth').boundingBox();
  let compared = 0;
  for (const point of job.points.filter(({ truth, inside }) => inside && truth < job.classes.length)) {
    const place = await placeOf(page(), 'truth', job.size, point);
    const color = shownTruth.at(place.x - box!.x, place.y - box!.y);
    // The pane's title covers some of it.
    if (place.y - box!.y < 30) continue;
    const [red, green, blue] = job.classes[point.truth].color;
    expect(Math.max(...color.map((value, c) => Math.abs(value - [red, green, blue][c])))).toBeLessThanOrEqual(3);
    compared++;
  }
  expect(compared).toBeGreaterThan(15);
  await keepShot(page(), 'compare-labels');
});

test('sends each model’s answer through a dense CRF, and tells the mIoU without and with it', async () => {
  const value = () => byId('pane-student').locator('.pane-value').textContent();
  const own = await value();
  await byId('crf').click({ force: true });
  await expect.poll(value, { timeout: 90_000 }).toMatch(new RegExp(`^${own} → \\d+\\.\\d$`));
  await settled(page());
  await keepShot(page(), 'compare-crf');
  await byId('crf').click({ force: true });
  await expect.poll(value).toBe(own);
});

test('zooms all panes in step, and back', async () => {
  const before = await pictureOf(page(), 'image');
  const place = await placeOf(page(), 'truth', job.size, { x: 200, y: 100 });
  await page().mouse.move(place.x, place.y);
  await page().mouse.wheel(0, -600);
  await page().waitForTimeout(300);
  await keepShot(page(), 'compare-zoomed');
  const zoomed = await pictureOf(page(), 'image');
  expect(differing(before, zoomed)).toBeGreaterThan(0.2);
  await page().mouse.move(place.x, place.y);
  // Zooming leaves the pixel under the pointer where it is.
  await expect.poll(() => byId('probe-place').textContent()).toBe('at 200, 100');
  await page().keyboard.press('Control+0');
  await page().waitForTimeout(300);
  expect(differing(before, await pictureOf(page(), 'image'))).toBeLessThan(0.001);
});

test('shows attention maps and class-by-class matrices', async () => {
  await page().keyboard.press('Alt+6');
  await byId('similarity').waitFor();
  await expect.poll(() => page().locator('[data-testid^="map-teacher-"]').count(), { timeout: 60_000 }).toBe(6);
  expect(await page().locator('[data-testid^="map-student-"]').count()).toBe(6);
  await expect.poll(() => page().locator('[data-testid^="matrix-"]').count(), { timeout: 20_000 }).toBe(3);
  await page().waitForTimeout(500);
  await keepShot(page(), 'similarity');
});

test('a second window on the project is refused with a sentence', async () => {
  const elsewhere = new Scratch();
  const other = await startApp(elsewhere, [scratch.path('project')]);
  try {
    const notice = other.page.getByText(/is open in|already open/i).first();
    await notice.waitFor({ timeout: 15_000 });
  } finally {
    await other.app.close();
    elsewhere.remove();
  }
});

test('the same pages in a browser', async () => {
  await window.app.close();
  const served = await startServed(scratch, scratch.path('project'));
  try {
    await served.page.getByTestId('nav-runs').click();
    await expect.poll(() => served.page.getByTestId('runs-table').innerText()).toContain('finished');
    await openItem(served.page);
    for (let i = 0; i < 10; i++) await served.page.keyboard.press('=');
    await served.page.waitForTimeout(300);
    await keepShot(served.page, 'served-compare');
    const said = await probe(served.page, 'truth', job.size, job.points[12]);
    expect(said.truth.name).toBe(job.classes[job.points[12].truth]?.name ?? 'ignored');
    expect(differing(shownTruth, await pictureOf(served.page, 'truth'))).toBeLessThan(0.05);
  } finally {
    await served.close();
  }
});

/** The share of pixels, on a grid over both pictures, that are clearly of another colour. */
function differing(one: typeof shownTruth, two: typeof shownTruth): number {
  let different = 0;
  let all = 0;
  for (let v = 0.15; v < 0.95; v += 0.02) {
    for (let u = 0.05; u < 0.95; u += 0.02) {
      const a = one.at(u * one.width, v * one.height);
      const b = two.at(u * two.width, v * two.height);
      if (Math.max(...a.map((value, c) => Math.abs(value - b[c]))) > 12) different++;
      all++;
    }
  }
  return different / all;
}
