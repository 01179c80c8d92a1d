/** Tools of Annotate that find areas, or tidy them up, with the user's verbs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Annotator,
  at,
  box,
  changed,
  eventually,
  grid,
  inDisc,
  project,
  SIZE,
  START,
  stepsOf,
} from './annotate-driver.ts';
import { keepShot, Scratch, startApp, type Window } from './app.ts';

const scratch = new Scratch();
let window: Window;
let on: Annotator;

beforeAll(async () => {
  const folder = await project(scratch, ['a', 'b']);
  window = await startApp(scratch, [folder]);
  on = new Annotator(window.page);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});
const step = stepsOf(() => on);

test('opens from Browse by its key', async () => {
  await on.open('a');
  await on.expectLabels(START);
});

const press = (key: string) => on.page.keyboard.press(key);

step('superpixels: one is taken whole, and lies on one side of the edge of colours', async () => {
  await on.choose('s', 2);
  let taken: number[] = [];
  // The host finds them; until then a click does nothing.
  await eventually(async () => {
    await on.click(80, 40);
    taken = [...(await on.labels()).entries()].flatMap(([i, value]) => (value === 2 ? [i] : []));
    return taken.length;
  }).toBeGreaterThan(50);
  const outside = taken.filter((i) => !inDisc(i % SIZE.width, Math.floor(i / SIZE.width)));
  expect(outside.length / taken.length).toBeLessThan(0.05);
  await keepShot(on.page, 'annotate-superpixels');
});

/** How well the pixels of a class fit the disc in the picture: what both hold, as a share of what either holds. */
function overlap(found: Uint8Array, label: number): number {
  const disc = grid((x, y) => (inDisc(x, y) ? 1 : 0));
  const both = disc.filter((value, i) => value === 1 && found[i] === label).length;
  return both / disc.filter((value, i) => value === 1 || found[i] === label).length;
}

step('box: what stands out in it is outlined, and drawn by Enter; Esc gives it up', async () => {
  await on.choose('r', 2);
  await on.drag([52, 12], [108, 68]);
  await press('Enter');
  await eventually(async () => overlap(await on.labels(), 2)).toBeGreaterThan(0.95);
  await press('Control+z');
  await on.drag([52, 12], [108, 68]);
  await press('Escape');
  await press('Enter');
  await on.expectLabels(START);
});

step('box: a line with Shift belongs to it and one with Alt does not; Backspace drops the last line', async () => {
  /** How many pixels along a row are of class 2. */
  const taken = async (y: number, from: number, to: number) =>
    (await on.labels()).subarray(y * SIZE.width + from, y * SIZE.width + to).filter((label) => label === 2).length;
  const mark = async (key: 'Shift' | 'Alt', y: number, from: number, to: number) => {
    await on.page.keyboard.down(key);
    await on.drag([from, y], [to, y]);
    await on.page.keyboard.up(key);
  };
  const wanted = async () => {
    await on.choose('r', 2);
    await on.drag([52, 12], [108, 68]);
    await mark('Shift', 16, 58, 70);
    await mark('Alt', 40, 70, 90);
  };
  await wanted();
  await keepShot(on.page, 'annotate-box-marks');
  await press('Enter');
  await eventually(async () => [await taken(16, 58, 71), await taken(40, 70, 91)]).toEqual([13, 0]);
  await press('Control+z');
  await wanted();
  await press('Backspace');
  await press('Enter');
  await eventually(() => taken(16, 58, 71)).toBe(13);
  expect(await taken(40, 70, 91)).toBe(21);
});

step('tidy: a class is widened and shrunk by an exact disc', async () => {
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('21');
  await on.click(30, 40);
  await on.choose('u', 2);
  await on.byId('tidy-radius').fill('4');
  await on.byId('act-dilate').click();
  // How far a pixel lies from the square of 20 … 40, 30 … 50, between middles.
  const apart = (x: number, y: number) => Math.hypot(Math.max(0, 20 - x, x - 40), Math.max(0, 30 - y, y - 50));
  await on.expectLabels(changed((x, y) => apart(x, y) <= 4, 2));
  await press('Control+z');
  await on.byId('act-erode').click();
  await on.expectLabels(changed(box(24, 34, 37, 47), 2));
});

step(
  'click to segment: asks before it fetches anything and names the licence; then the thing under a click, or in a box, is drawn',
  async () => {
    await on.choose('m', 2);
    await eventually(() => on.page.locator('[data-testid^="segment-"]').count()).toBe(1);
    if (await on.byId('segment-fetch').isVisible()) {
      // What it needs is not in this machine's cache, and a test fetches nothing.
      expect(await on.byId('segment-fetch').innerText()).toMatch(/\d+ MB, licence \S+/);
      return;
    }
    await on.click(80, 40);
    const taken = async () => {
      await press('Enter');
      return overlap(await on.labels(), 2);
    };
    await eventually(taken).toBeGreaterThan(0.9);
    await press('Control+z');
    await on.drag([57, 17], [103, 63]);
    await eventually(taken).toBeGreaterThan(0.9);
  },
);

step('tidy: only the largest region of a class is kept', async () => {
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('9');
  await on.drag([20, 20], [30, 20]);
  await on.click(20, 50);
  await on.choose('u', 2);
  await on.byId('act-largest').click();
  await on.expectLabels(changed(box(16, 16, 35, 25), 2));
});

step('tidy: gaps are closed, thin parts cut, holes filled and specks removed, in the chosen class only', async () => {
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('21');
  await on.click(30, 40);
  const block = box(20, 30, 41, 51);
  await on.choose('b', 3);
  await on.byId('brush-size').fill('3');
  await on.click(30, 40);
  await on.choose('u', 2);
  await on.byId('act-holes').click();
  await on.expectLabels(changed(block, 2));
  await press('Control+z');
  await on.byId('tidy-radius').fill('2');
  await on.byId('act-close').click();
  await on.expectLabels(changed(block, 2));
  // A speck of another place goes to what is around it.
  await on.choose('b', 2);
  await on.click(90, 20);
  await on.choose('u', 2);
  await on.byId('act-specks').click();
  await on.expectLabels(changed(block, 2));
  // A line of three pixels is cut off the block; the block's own corners are rounded by the disc.
  await on.choose('b', 2);
  await on.drag([42, 40], [55, 40]);
  await on.choose('u', 2);
  await on.byId('act-open').click();
  await eventually(async () => [at(await on.labels(), 30, 40), at(await on.labels(), 50, 40)]).toEqual([2, 0]);
});
