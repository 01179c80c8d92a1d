/** Labels by models in Annotate, with the user's verbs; what the models say is computed here. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipe } from '../../src-main/contract/recipe.ts';
import { openDatabase } from '../../src-main/store/database.ts';
import { saveEvaluation } from '../../src-main/store/evaluations.ts';
import { saveModel } from '../../src-main/store/models.ts';
import { addRun, changeRun } from '../../src-main/store/runs.ts';
import { Annotator, CLASSES, eventually, grid, project, SIZE, START } from './annotate-driver.ts';
import { keepShot, Scratch, startApp, type Window, willChoose } from './app.ts';
import { placeOf } from './compare-driver.ts';
import { writeConv } from './conv-file.ts';
import { NAMES, picture, STUDENT, said, TEACHER, taken } from './conv-models.ts';

const scratch = new Scratch();
let window: Window;
let on: Annotator;
let folder: string;

beforeAll(async () => {
  folder = await project(scratch, NAMES, picture);
  writeConv(scratch.path('teacher.safetensors'), 'conv teacher', TEACHER, CLASSES);
  writeConv(scratch.path('student.safetensors'), 'conv student', STUDENT, CLASSES);
  window = await startApp(scratch, [folder]);
  on = new Annotator(window.page);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const press = (key: string) => on.page.keyboard.press(key);
const opened = (name: string) => eventually(() => on.byId('annotate-key').textContent()).toBe(`train/${name}`);
const whole = () => true;

test('imports both models', async () => {
  await on.byId('nav-models').click();
  for (const name of ['teacher', 'student']) {
    await willChoose(window.app, scratch.path(`${name}.safetensors`));
    await press('Control+i');
    await on.byId('models-table').getByText(`conv ${name}`).first().waitFor();
  }
});

async function takeFrom(source: string, percent: number): Promise<void> {
  await on.choose('k');
  await on.byId('take-source').click();
  await on.page.getByRole('option', { name: source }).click();
  await on.byId('take-confidence').fill(String(percent));
}

test('takes the teacher’s labels inside of a line, where it is sure enough', async () => {
  await on.open('c');
  await takeFrom('Teacher: conv teacher', 50);
  await on.drag([20, 10], [100, 10], [100, 60], [20, 60]);
  const inside = taken(TEACHER, 2, 0.5, START, (x, y) => x > 20 && x < 100 && y > 10 && y < 60);
  // The line goes through the middles of pixels: those on it may be on either side.
  const near = (x: number, y: number) =>
    Math.min(Math.abs(x - 20), Math.abs(x - 100), Math.abs(y - 10), Math.abs(y - 60));
  await eventually(async () => {
    const found = await on.labels();
    return grid((x, y) => (near(x, y) <= 1 ? 0 : found[y * SIZE.width + x]));
  }).toEqual(grid((x, y) => (near(x, y) <= 1 ? 0 : inside[y * SIZE.width + x])));
  // It is more than one class, and not everything in there: otherwise this would show little.
  const changes = inside.filter((label, i) => label !== START[i]).length;
  expect(changes).toBeGreaterThan(500);
  expect(new Set(inside).size).toBe(4);
  await keepShot(on.page, 'annotate-take-teacher');
  await press('Control+z');
  await on.expectLabels(START);
});

test('takes the student’s labels of the whole image', async () => {
  await on.open('b');
  await takeFrom('Student: conv student', 0);
  await on.byId('act-takeAll').click();
  await on.expectLabels(taken(STUDENT, 1, 0, START, whole));
  await press('Control+z');
  await on.expectLabels(START);
});

test('a locked class stays where the teacher says another', async () => {
  await on.open('b');
  await takeFrom('Teacher: conv teacher', 0);
  await on.byId('lock-1').click();
  await on.byId('act-takeAll').click();
  await on.expectLabels(taken(TEACHER, 1, 0, START, (x) => x < 60));
  await on.byId('lock-1').click();
  await press('Control+z');
  await on.expectLabels(START);
});

/** The colour that the stage has at pixels of a pane's image. */
async function colors(pane: string, pixels: readonly (readonly [number, number])[]): Promise<string[]> {
  const places = await Promise.all(pixels.map(([x, y]) => placeOf(on.page, pane, SIZE, { x, y })));
  return on.page.evaluate((points) => {
    const stage = document.querySelector<HTMLCanvasElement>('.stage > canvas')!;
    const box = stage.getBoundingClientRect();
    const copy = new OffscreenCanvas(stage.width, stage.height).getContext('2d')!;
    copy.drawImage(stage, 0, 0);
    return points.map(({ x, y }) => {
      const [px, py] = [(x - box.x) * devicePixelRatio, (y - box.y) * devicePixelRatio];
      return `rgb(${[...copy.getImageData(Math.floor(px), Math.floor(py), 1, 1).data.subarray(0, 3)].join(', ')})`;
    });
  }, places);
}

test('shows what teacher and student say beside the label map, which is drawn in as before', async () => {
  await on.open('b');
  await on.byId('models-beside').click();
  await on.byId('opacity').getByRole('slider').focus();
  await press('End');
  const swatch = (label: number) =>
    on
      .byId(`paint-${label}`)
      .locator('.swatch')
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  const palette = await Promise.all(CLASSES.map((_, label) => swatch(label)));
  const pixels = Array.from({ length: 60 }, (_, i) => [(i * 37) % SIZE.width, (i * 23) % SIZE.height] as const);
  const shown = (labels: (i: number) => number) => pixels.map(([x, y]) => palette[labels(y * SIZE.width + x)]);
  const [teacher, student] = [said(TEACHER, 1), said(STUDENT, 1)];
  await eventually(() => colors('teacher', pixels)).toEqual(shown((i) => teacher[i].label));
  await eventually(() => colors('student', pixels)).toEqual(shown((i) => student[i].label));
  expect(await colors('annotate', pixels)).toEqual(shown((i) => START[i]));
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('11');
  await on.click(80, 40);
  const drawn = grid((x, y) => (x >= 75 && x < 86 && y >= 35 && y < 46 ? 2 : START[y * SIZE.width + x]));
  await on.expectLabels(drawn);
  expect(await colors('annotate', pixels)).toEqual(shown((i) => drawn[i]));
  await keepShot(on.page, 'annotate-beside');
  await press('d');
  await opened('c');
  const next = said(TEACHER, 2);
  await eventually(() => colors('teacher', pixels)).toEqual(shown((i) => next[i].label));
  await press('j');
  await on.byId('pane-teacher').waitFor({ state: 'detached' });
  await on.open('b');
  await press('Control+z');
  await on.expectLabels(START);
});

const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** ENet's weighting of classes (arXiv 1606.02147, section 5.2), the rarest possible being 1. */
function rarity(): number[] {
  const pixels = CLASSES.map((_, c) => (NAMES.length - 1) * START.filter((label) => label === c).length);
  const all = pixels.reduce((sum, one) => sum + one, 0);
  return pixels.map((one) => Math.log(1.02) / Math.log(1.02 + one / all));
}

/** The images from the one that a figure is highest of. */
function highestFirst(figure: (n: number) => number): string[] {
  const figures = NAMES.map((_, n) => figure(n));
  const order = NAMES.map((_, n) => n).sort((a, b) => figures[b] - figures[a]);
  for (let i = 1; i < order.length; i++) {
    // Nearly equal figures would make the order a matter of rounding.
    expect(figures[order[i - 1]] - figures[order[i]]).toBeGreaterThan(1e-4);
  }
  return order.map((n) => NAMES[n]);
}

function differing(n: number, weigh: (a: number, b: number) => number): number {
  const [one, other] = [said(TEACHER, n), said(STUDENT, n)];
  return mean(one.map(({ label }, i) => (label === other[i].label ? 0 : weigh(label, other[i].label))));
}

function unsure(n: number, kind: 'entropy' | 'margin', weights: number[]): number {
  return mean(
    said(TEACHER, n).map(({ label, probabilities }) => {
      const [first, second] = [...probabilities].sort((a, b) => b - a);
      const entropy = -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0) / Math.log(probabilities.length);
      return weights[label] * (kind === 'entropy' ? entropy : 1 - (first - second));
    }),
  );
}

/** Opens or closes the menu. */
async function menu(open: boolean): Promise<void> {
  if ((await on.byId('label-less').getAttribute('aria-expanded')) !== String(open)) await on.byId('label-less').click();
  await on.byId('less-first').waitFor({ state: open ? 'visible' : 'detached' });
}

/** Chooses an order in the menu, goes to its first image and through all by the key; the images that were shown. */
async function gone(order: string): Promise<string[]> {
  await menu(true);
  await on.byId('sort').click();
  await on.page.getByRole('option', { name: order, exact: true }).click();
  await on.byId('less-first').click();
  await eventually(() => on.byId('annotate-place').textContent()).toBe(`1 of ${NAMES.length}`);
  await menu(false);
  await on.byId('pane-annotate').focus();
  const keys: string[] = [];
  for (let n = 1; n <= NAMES.length; n++) {
    await eventually(() => on.byId('annotate-place').textContent()).toBe(`${n} of ${NAMES.length}`);
    keys.push((await on.byId('annotate-key').textContent())!.replace('train/', ''));
    await press('d');
  }
  return keys;
}

test('label less: the next image is the one where teacher and student differ most, or where the teacher is least sure', async () => {
  await on.open('c');
  await menu(true);
  await on.byId('less-compare').click();
  await on.byId('less-model').click();
  await on.page.getByRole('option', { name: 'conv teacher' }).click();
  await on.byId('less-rate').click();
  const weights = rarity();
  const even = weights.map(() => 1);
  await keepShot(on.page, 'annotate-label-less');
  await on.byId('sort').click();
  await eventually(() => on.page.getByRole('option', { name: /^(Differing|Unsure)/ }).count()).toBe(6);
  await on.byId('sort').click();
  const pair = 'conv teacher and conv student';
  expect(await gone(`Differing: ${pair}`)).toEqual(highestFirst((n) => differing(n, () => 1)));
  expect(await gone(`Differing: ${pair}, rare classes more`)).toEqual(
    highestFirst((n) => differing(n, (a, b) => Math.max(weights[a], weights[b]))),
  );
  for (const kind of ['entropy', 'margin'] as const) {
    expect(await gone(`Unsure by ${kind}: conv teacher`)).toEqual(highestFirst((n) => unsure(n, kind, even)));
    expect(await gone(`Unsure by ${kind}: conv teacher, rare classes more`)).toEqual(
      highestFirst((n) => unsure(n, kind, weights)),
    );
  }
});

test('label less: pre-labels fill what has no class where the model is sure, and can be taken back', async () => {
  // A hole in the labels of d; e has none at all. What is labelled stays.
  await on.open('d');
  await on.choose('e');
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('41');
  await on.click(50, 40);
  const hole = (x: number, y: number) => x >= 30 && x < 71 && y >= 20 && y < 61;
  const holed = grid((x, y) => (hole(x, y) ? 255 : START[y * SIZE.width + x]));
  await on.expectLabels(holed);
  await on.open('c');
  await menu(true);
  await on.byId('sort').click();
  await on.page.getByRole('option', { name: 'By name' }).click();
  await on.byId('less-images').fill('2');
  await on.byId('less-sure').fill('55');
  await on.byId('less-prelabel').click();
  await on.byId('less-undo').waitFor();
  await menu(false);
  await on.byId('pane-annotate').focus();
  await press('d');
  await opened('d');
  const filled = taken(TEACHER, 3, 0.55, holed, hole);
  await on.expectLabels(filled);
  const pixels = filled.filter((label, i) => label !== holed[i]).length;
  expect(pixels).toBeGreaterThan(100);
  expect(pixels).toBeLessThan(41 * 41);
  await press('d');
  await opened('e');
  const none = grid(() => 255);
  await on.expectLabels(taken(TEACHER, 4, 0.55, none, whole));
  // It is known from the project, not from the window.
  await on.page.reload();
  await on.open('e');
  await menu(true);
  await on.byId('less-undo').click();
  await on.byId('less-undo').waitFor({ state: 'detached' });
  await menu(false);
  await on.expectLabels(none);
  await on.open('d');
  await on.expectLabels(holed);
});

/** A run as it stands in the project when it is over, evaluated with these IoUs. */
function finishedRun(name: string, ious: (number | null)[]): void {
  const database = openDatabase(path.join(folder, 'project.sqlite'));
  const run = addRun(database, {
    recipe: recipe.parse({
      version: 1,
      name,
      data: { evaluationSplit: 'train' },
      student: { network: { id: 'espnet-c' } },
      methods: [{ method: 'ce', weight: 1 }],
      schedule: { steps: 1 },
      batch: 1,
      crop: [16, 16],
    }),
    dataset: 1,
    teacher: null,
    parameters: 1,
    codeVersion: '',
    dataHash: '',
    machine: '',
    memoryEstimate: null,
  });
  changeRun(database, run, { status: 'finished', step: 1, finishedAt: new Date().toISOString() });
  const figures = { parameters: 1, macs: 1, inputSize: [16, 16] as [number, number] };
  const card = {
    name,
    network: { id: 'espnet-c', options: {} },
    classes: [],
    outputs: 4,
    preprocessing: { channels: 'rgb' as const, mean: [0, 0, 0], std: [1, 1, 1], scale: 1 },
    licence: '',
    source: '',
    sha256: name,
  };
  const model = saveModel(database, { file: `runs/${run}/best.safetensors`, card: card as never, run, ...figures });
  const known = ious.filter((iou) => iou !== null);
  const result = {
    mIoU: mean(known),
    pixelAccuracy: 0.5,
    meanAccuracy: 0.5,
    ious,
    confusion: [],
    outputs: 4,
    images: 4,
    msPerImage: 1,
    ...figures,
    items: [],
  };
  saveEvaluation(database, { model, dataset: 1, split: 'train', step: null, engine: 'cpu', result });
  database.close();
}

test('what labels brought is told by class after the next run, with how much was labelled and corrected', async () => {
  // Runs begin when all is counted, which is a moment later.
  const database = openDatabase(path.join(folder, 'project.sqlite'));
  const counted = (label: number, pixels: number) => {
    const count = database.prepare('SELECT json_extract(totals, ?) FROM datasets').pluck();
    return eventually(() => count.get(`$.pixels[${label}]`)).toBe(pixels);
  };
  await counted(0, 4 * 4800 - 30 * 41);
  await counted(2, 0);
  finishedRun('first', [0.8, 0.5, 0.2, null]);
  await on.open('a');
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('11');
  // Three pixels of it are wall, the others ground.
  await on.click(57, 40);
  await on.open('e');
  await on.choose('b', 2);
  await on.click(20, 20);
  await on.choose('b', 3);
  await on.click(80, 40);
  await on.saved();
  await counted(2, 2 * 121);
  await counted(3, 121);
  database.close();
  finishedRun('second', [0.79, 0.51, 0.46, 0.3]);
  await on.page.reload();
  await on.open('a');
  await menu(true);
  await eventually(() => on.byId('less-gain').innerText()).toMatch(
    /second, after labels of 2 images: mIoU 50.0 → 51.5/,
  );
  expect(await on.byId('less-gain').innerText()).toContain('; sky +26.0, wall +1.0');
  await on.byId('less-gain-open').click();
  const row = async (of: string) => (await on.byId(`gain-${of}`).locator('td').allInnerTexts()).slice(1);
  await eventually(() => row('2')).toEqual(['20.0', '46.0', '+26.0', '2', '121', '121', '+242']);
  expect(await row('mean')).toEqual(['50.0', '51.5', '+1.5', '2', '', '', '']);
  expect(await row('0')).toEqual(['80.0', '79.0', '−1.0', '1', '', '', '−88']);
  expect(await row('1')).toEqual(['50.0', '51.0', '+1.0', '1', '', '', '−33']);
  expect(await row('3')).toEqual(['–', '30.0', '–', '1', '121', '', '+121']);
  // The largest gain comes first, what is not known last.
  const order = await on.page.locator('[data-testid^="gain-"] td:first-child').allInnerTexts();
  expect(order.map((text) => text.trim())).toEqual(['All, mIoU', 'sky', 'wall', 'ground', 'tree']);
  expect(await on.byId('gain-limits').innerText()).toContain('2 images of train itself are among those edited');
  await keepShot(on.page, 'runs-gain');
});
