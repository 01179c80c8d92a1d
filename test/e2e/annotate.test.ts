/** The tools of Annotate with the user's verbs; the label map is compared with what is computed here. */
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
  const folder = await project(scratch, ['a', 'b', 'c']);
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

step('brush: a square of 5 pixels drawn along a row, then with Shift a straight line on from there', async () => {
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('5');
  await on.drag([20, 10], [40, 10]);
  const bar = box(18, 8, 43, 13);
  await on.expectLabels(changed(bar, 2));
  await on.click(40, 30, { shift: true });
  const down = box(38, 8, 43, 33);
  await on.expectLabels(changed((x, y) => bar(x, y) || down(x, y), 2));
  await keepShot(on.page, 'annotate-brush');
});

step('brush: a round dab covers the pixels whose middles lie in the disc; keys change its size', async () => {
  await on.choose('b', 2);
  await on.byId('brush-shape').getByText('Round').click();
  await on.byId('brush-size').fill('9');
  await on.byId('pane-annotate').focus();
  await press('Shift+BracketRight');
  await press('[');
  await press('[');
  await eventually(() => on.byId('brush-size').inputValue()).toBe('17 px');
  await on.click(30, 40);
  await on.expectLabels(changed((x, y) => (x - 30) ** 2 + (y - 40) ** 2 <= 8.5 ** 2, 2));
});

step('eraser: what it goes over has no class', async () => {
  await on.choose('e');
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('7');
  await on.drag([55, 20], [65, 20]);
  await on.expectLabels(changed(box(52, 17, 69, 24), 255));
});

step('fill: what hangs together, and with the box ticked all of the class', async () => {
  await on.choose('b', 3);
  await on.byId('brush-size').fill('1');
  await on.drag([30, 0], [30, 79]);
  await on.choose('g', 2);
  await on.click(10, 10);
  await on.expectLabels(grid((x) => (x < 30 ? 2 : x === 30 ? 3 : x < 60 ? 0 : 1)));
  await press('Control+z');
  await on.byId('everywhere').check();
  await on.click(10, 10);
  await on.expectLabels(grid((x) => (x === 30 ? 3 : x < 60 ? 2 : 1)));
  await on.byId('everywhere').uncheck();
});

step('pick: the class of a pixel is drawn with', async () => {
  await on.choose('b', 3);
  await on.choose('i');
  await on.click(100, 40);
  await eventually(() => on.byId('paint-1').getAttribute('aria-pressed')).toBe('true');
});

step('a locked class stays as it is', async () => {
  await on.choose('b', 1);
  await press('l');
  await on.choose('b', 2);
  await on.byId('brush-size').fill('9');
  await on.byId('brush-shape').getByText('Square').click();
  await on.drag([50, 40], [70, 40]);
  await on.expectLabels(changed((x, y) => box(46, 36, 75, 45)(x, y) && x < 60, 2));
  await on.byId('lock-1').click();
});

step('undo and redo: by keys, the pixels come back and go again', async () => {
  await on.choose('b', 2);
  await on.byId('brush-size').fill('3');
  await on.drag([10, 10], [20, 10]);
  await on.drag([10, 20], [20, 20]);
  const [first, second] = [box(9, 9, 22, 12), box(9, 19, 22, 22)];
  await press('Control+z');
  await on.expectLabels(changed(first, 2));
  await press('Control+z');
  await on.expectLabels(START);
  await press('Control+Shift+Z');
  await press('Control+y');
  await on.expectLabels(changed((x, y) => first(x, y) || second(x, y), 2));
});

step('Esc gives up a stroke that is under way', async () => {
  await on.choose('b', 2);
  const [from, to] = [await on.place(10, 10), await on.place(50, 50)];
  await on.page.mouse.move(from.x, from.y);
  await on.page.mouse.down();
  await on.page.mouse.move(to.x, to.y, { steps: 3 });
  await press('Escape');
  await on.page.mouse.up();
  await on.expectLabels(START);
  expect(await on.byId('undo').isEnabled()).toBe(false);
});

/** A rectangle by clicks in the middles of pixels: it holds the pixels whose middles lie in it, the left and upper ones too. */
async function rectangle(label: number, [left, top, right, bottom]: [number, number, number, number]): Promise<void> {
  await on.choose('p', label);
  for (const [x, y] of [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]) {
    await on.click(x, y);
  }
  await press('Enter');
}
const clicked = (left: number, top: number, right: number, bottom: number) => (x: number, y: number) =>
  x > left && x < right && y > top && y < bottom;

/** Pixels surely inside have the class, those surely outside have what they had; a click is exact to half a pixel. */
async function expectArea(
  inside: (x: number, y: number) => boolean,
  near: (x: number, y: number) => boolean,
  value: number,
) {
  await eventually(async () => {
    const found = await on.labels();
    for (let y = 0; y < SIZE.height; y++) {
      for (let x = 0; x < SIZE.width; x++) {
        const now = at(found, x, y);
        if (inside(x, y) && now !== value) return `${x},${y} is ${now} and should be ${value}`;
        if (!near(x, y) && now !== at(START, x, y)) return `${x},${y} is ${now} and should not have changed`;
      }
    }
    return 'as expected';
  }).toBe('as expected');
}

step(
  'polygon: Enter ends it, Backspace drops a corner, Esc gives it up, a click on the first corner closes it',
  async () => {
    await rectangle(2, [20, 20, 50, 60]);
    await expectArea(clicked(20, 20, 50, 60), box(20, 20, 51, 61), 2);
    await press('Control+z');
    await on.expectLabels(START);
    await on.choose('p', 3);
    await on.click(10, 10);
    await on.click(40, 10);
    await on.click(110, 70);
    await press('Backspace');
    await on.click(40, 30);
    await on.click(10, 30);
    await on.click(10, 10);
    await expectArea(clicked(10, 10, 40, 30), box(10, 10, 41, 31), 3);
    await press('Control+z');
    await on.click(10, 10);
    await on.click(40, 10);
    await on.click(40, 40);
    await press('Escape');
    await press('Enter');
    await on.expectLabels(START);
  },
);

step('select: a corner is dragged, an edge gets one, Delete takes the corner and then the instance', async () => {
  await rectangle(2, [20, 20, 50, 60]);
  await on.choose('v');
  await on.click(35, 40);
  await eventually(() => on.byId('selection').innerText()).toContain('Instance 1');
  await on.drag([50, 60], [80, 60]);
  // The right side leans now: from 50, 20 to 80, 60.
  const leaning = (x: number, y: number, by: number) =>
    y > 20 - by && y < 60 + by && x > 20 - by && x < 50 + ((y - 20) * 30) / 40 + by;
  await expectArea(
    (x, y) => leaning(x, y, -1),
    (x, y) => leaning(x, y, 1.5),
    2,
  );
  await keepShot(on.page, 'annotate-select');
  // A corner in the middle of the lower side, pulled down; Delete takes it away again.
  await on.drag([50, 60], [50, 75]);
  await eventually(async () => at(await on.labels(), 50, 70)).toBe(2);
  await press('Delete');
  await expectArea(
    (x, y) => leaning(x, y, -1),
    (x, y) => leaning(x, y, 1.5),
    2,
  );
  await press('Escape');
  await on.click(30, 30);
  await press('Delete');
  await on.expectLabels(START);
});

step('select: moves, copies, gives another class, splits and merges', async () => {
  await rectangle(2, [10, 10, 40, 40]);
  await on.choose('v');
  await on.click(25, 25);
  await on.drag([25, 25], [35, 35]);
  await expectArea(clicked(20, 20, 50, 50), box(19, 19, 52, 52), 2);
  await press('4');
  await expectArea(clicked(20, 20, 50, 50), box(19, 19, 52, 52), 3);
  await press('Control+z');
  await on.byId('act-split').click();
  await on.drag([35, 10], [35, 70]);
  await on.click(45, 35);
  await eventually(() => on.byId('selection').innerText()).toMatch(/Instance [12]/);
  await press('4');
  // One half has another class now.
  await eventually(async () => [at(await on.labels(), 25, 35), at(await on.labels(), 45, 35)].sort()).toEqual([2, 3]);
  await on.click(25, 35, { shift: true });
  await on.byId('act-merge').click();
  await expectArea(clicked(20, 20, 50, 50), box(19, 19, 52, 52), 3);
  await press('Control+d');
  await eventually(async () => at(await on.labels(), 57, 57)).toBe(3);
});

step('magic wand: what has about the colour of the pixel and hangs together with it', async () => {
  await on.choose('w', 2);
  await on.click(80, 40);
  await on.expectLabels(changed(inDisc, 2));
});

step('select: an outline is simplified by leaving out corners that hardly count', async () => {
  await on.choose('p', 2);
  for (const [x, y] of [
    [20, 20],
    [35, 22],
    [50, 26],
    [50, 60],
    [20, 60],
  ] as const) {
    await on.click(x, y);
  }
  await press('Enter');
  await eventually(async () => at(await on.labels(), 34, 22)).toBe(2);
  await on.choose('v');
  await on.click(35, 40);
  await on.byId('act-simplify').click();
  await eventually(async () => [at(await on.labels(), 34, 22), at(await on.labels(), 35, 26)]).toEqual([0, 2]);
});

step('takes the labels of the previous image: inside of a line, or all', async () => {
  await on.choose('b', 2);
  await on.byId('brush-size').fill('9');
  await on.byId('brush-shape').getByText('Square').click();
  await on.click(30, 30);
  await on.click(90, 30);
  await on.saved();
  await press('d');
  await eventually(() => on.byId('annotate-key').textContent()).toBe('train/b');
  await on.ready();
  await on.choose('k');
  await on.byId('take-source').click();
  await on.page.getByRole('option', { name: 'Previous image' }).click();
  await on.drag([15, 15], [45, 15], [45, 45], [15, 45]);
  const left = box(26, 26, 35, 35);
  await on.expectLabels(changed(left, 2));
  await on.byId('act-takeAll').click();
  const right = box(86, 26, 95, 35);
  await on.expectLabels(changed((x, y) => left(x, y) || right(x, y), 2));
  await on.undoAll();
  await press('a');
  await eventually(() => on.byId('annotate-key').textContent()).toBe('train/a');
  await on.ready();
});
