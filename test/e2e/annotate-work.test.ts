/** Annotate around the tools: going through images, history, what cannot be saved, what changed underneath, and reading it aloud. */
import { writeFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeLabels } from '../../src-main/datasets/codec.ts';
import { Annotator, box, changed, eventually, grid, inDisc, project, SIZE, START } from './annotate-driver.ts';
import { keepShot, Scratch, startApp, type Window } from './app.ts';
import { pictureOf, placeOf } from './compare-driver.ts';

const scratch = new Scratch();
let window: Window;
let on: Annotator;
let folder: string;

beforeAll(async () => {
  folder = await project(scratch, ['a', 'b', 'c', 'd']);
  window = await startApp(scratch, [folder]);
  on = new Annotator(window.page);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const press = (key: string) => on.page.keyboard.press(key);
const opened = (name: string) => eventually(() => on.byId('annotate-key').textContent()).toBe(`train/${name}`);
/** A square of class `label`, `size` pixels long. */
async function dab(x: number, y: number, size: number, label: number): Promise<void> {
  await on.choose('b', label);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill(String(size));
  await on.click(x, y);
  await on.saved();
}

test('opens from the large viewer by its button, and goes on by keys', async () => {
  await on.byId('nav-browse').click();
  await on.byId('item-train/b').click();
  await on.byId('viewer-annotate').click();
  await opened('b');
  await on.ready();
  await press('d');
  await opened('c');
  await press('a');
  await press('a');
  await opened('a');
  expect(await on.byId('annotate-place').textContent()).toBe('1 of 4');
  // The next without labels is the last one.
  await press('Control+ArrowRight');
  await opened('d');
  await on.ready();
});

test('the first stroke on an image without labels makes it a labelled one', async () => {
  await dab(20, 20, 5, 2);
  await on.expectLabels(grid((x, y) => (box(18, 18, 23, 23)(x, y) ? 2 : 255)));
  await press('Control+ArrowLeft');
  await opened('d');
});

test('Space and the middle button move the image, the wheel zooms, H hides the labels while it is held', async () => {
  await on.open('a');
  const before = await on.byId('zoom-actual').textContent();
  const middle = await on.place(60, 40);
  await on.page.mouse.move(middle.x, middle.y);
  await on.page.mouse.wheel(0, -400);
  await eventually(() => on.byId('zoom-actual').textContent()).not.toBe(before);
  const under = () => on.byId('probe').innerText();
  await eventually(under).toContain('at 60, 40');
  await on.choose('b', 2);
  await on.page.keyboard.down('Space');
  await on.page.mouse.down();
  await on.page.mouse.move(middle.x + 100, middle.y, { steps: 3 });
  await on.page.mouse.up();
  await on.page.keyboard.up('Space');
  await on.page.mouse.move(middle.x, middle.y);
  await eventually(under).not.toContain('at 60, 40');
  await on.page.mouse.down({ button: 'middle' });
  await on.page.mouse.move(middle.x - 100, middle.y, { steps: 3 });
  await on.page.mouse.up({ button: 'middle' });
  await on.page.mouse.move(middle.x, middle.y);
  await press('Control+0');
  await on.expectLabels(START);
  const shown = async () => (await on.byId('pane-annotate').screenshot()).toString('base64');
  await on.page.mouse.move(2, 2);
  const with_ = await shown();
  await on.page.keyboard.down('h');
  await eventually(shown).not.toBe(with_);
  await on.page.keyboard.up('h');
  await eventually(shown).toBe(with_);
});

test('a class is found by typing, and taken with Enter', async () => {
  await on.byId('pane-annotate').focus();
  await press('/');
  await on.page.keyboard.type('tre');
  await press('Enter');
  await eventually(() => on.byId('paint-3').getAttribute('aria-pressed')).toBe('true');
  // The keys are the canvas's again.
  await press('e');
  await eventually(() => on.byId('tool-eraser').getAttribute('aria-pressed')).toBe('true');
});

test('the history tells what was done and when, shows it, and goes back', async () => {
  await dab(20, 20, 5, 2);
  await dab(90, 60, 7, 3);
  await press('Control+z');
  await on.saved();
  await eventually(() => on.byId('history-2').innerText()).toContain('Brush, undone');
  await press('Control+y');
  await on.saved();
  await eventually(() => on.byId('history-2').innerText()).toMatch(/^\d\d:\d\d:\d\d\s+Brush\s+49 px$/);
  const shown = async () => (await on.byId('pane-annotate').screenshot()).toString('base64');
  const now = await shown();
  await on.byId('history-1').hover();
  await eventually(shown).not.toBe(now);
  await on.byId('history-1').click();
  // As it was after the first: nothing is drawn on it.
  await eventually(() => on.byId('history-restore').isVisible()).toBe(true);
  await on.click(60, 40);
  await keepShot(on.page, 'annotate-history');
  await on.byId('history-restore').click();
  await on.expectLabels(changed(box(18, 18, 23, 23), 2));
  await on.ready();
  // Going back is an entry too: it can be undone.
  await press('Control+z');
  await on.expectLabels(
    grid((x, y) => (box(18, 18, 23, 23)(x, y) ? 2 : box(87, 57, 94, 64)(x, y) ? 3 : START[y * SIZE.width + x])),
  );
});

test('while another program holds the project for a moment, the application answers, and what is drawn is saved then', async () => {
  await on.open('b');
  const told = await on.byId('save-state').evaluateHandle((line) => {
    const texts: string[] = [];
    const observer = new MutationObserver(() => texts.push(line.textContent ?? ''));
    observer.observe(line, { childList: true, characterData: true, subtree: true });
    return texts;
  });
  const other = new Database(`${folder}/project.sqlite`);
  other.exec('BEGIN IMMEDIATE');
  try {
    await on.choose('b', 2);
    await on.byId('brush-size').fill('5');
    await on.click(20, 60);
    await on.click(40, 60);
    // A host that waited for the other program would answer none of these before it gave up saving.
    await on.page.evaluate(async () => {
      const item = new URLSearchParams(location.hash.split('?')[1]).get('item');
      for (let i = 0; i < 30; i++) await (await fetch(`/data/items/${item}/labels`)).arrayBuffer();
    });
    expect(await on.byId('save-state').getAttribute('data-state')).toBe('saving');
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
  await on.saved();
  expect((await told.jsonValue()).filter((text) => text.includes('Not saved'))).toEqual([]);
  await on.expectLabels(
    grid((x, y) => (box(18, 58, 23, 63)(x, y) || box(38, 58, 43, 63)(x, y) ? 2 : START[y * SIZE.width + x])),
  );
  await on.undoAll();
});

test('what cannot be saved stays, says why, and is saved when it can be', async () => {
  await on.open('b');
  const other = new Database(`${folder}/project.sqlite`);
  other.exec('BEGIN IMMEDIATE');
  try {
    await on.choose('b', 2);
    await on.byId('brush-size').fill('5');
    await on.click(20, 20);
    await on.click(40, 20);
    await eventually(() => on.byId('save-state').innerText()).toMatch(/^Not saved: .+\..*2 strokes are kept here/s);
    await keepShot(on.page, 'annotate-not-saved');
    // Closing the window asks, and keeps it open.
    await window.app.evaluate(({ dialog, BrowserWindow }) => {
      const asked = globalThis as unknown as { asked?: string };
      dialog.showMessageBox = (async (_window: unknown, options: { message: string; buttons: string[] }) => {
        asked.asked = options.message;
        return { response: options.buttons.indexOf('Keep open'), checkboxChecked: false };
      }) as unknown as typeof dialog.showMessageBox;
      BrowserWindow.getAllWindows()[0].close();
    });
    await eventually(() => window.app.evaluate(() => (globalThis as unknown as { asked?: string }).asked)).toBe(
      '2 strokes are not saved.',
    );
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
  // It may have been tried again by itself meanwhile.
  await on
    .byId('save-retry')
    .click({ timeout: 1000 })
    .catch(() => {});
  await on.expectLabels(
    grid((x, y) => (box(18, 18, 23, 23)(x, y) || box(38, 18, 43, 23)(x, y) ? 2 : START[y * SIZE.width + x])),
  );
});

/** The classes' colours as the data set has them, for labels at full strength. */
async function expectColours(pane: string, labels: Uint8Array): Promise<void> {
  for (let i = 0; i < 10; i++) await press('=');
  const colors = await on.page.evaluate(() =>
    [...document.querySelectorAll('[data-testid="classes"] .swatch')].map(
      (one) => getComputedStyle(one).backgroundColor,
    ),
  );
  const wanted = colors.map((text) => text.match(/\d+/g)!.map(Number));
  // Away from outlines of what differs, and from the pane's title.
  const places = [
    [10, 60],
    [50, 60],
    [80, 70],
    [110, 50],
    [80, 30],
    [110, 25],
  ];
  await eventually(async () => {
    const shown = await pictureOf(on.page, pane);
    const { x: left, y: top } = (await on.byId(`pane-${pane}`).boundingBox())!;
    const found: string[] = [];
    for (const [x, y] of places) {
      const at = await placeOf(on.page, pane, SIZE, { x, y });
      const color = shown.at(at.x - left, at.y - top);
      // Where there is no class the picture is seen.
      const right = wanted[labels[y * SIZE.width + x]] ?? (inDisc(x, y) ? [210, 60, 50] : [40, 90, 140]);
      if (Math.max(...color.map((value, c) => Math.abs(value - right[c]))) > 3) found.push(`${x},${y}: ${color}`);
    }
    return found;
  }).toEqual([]);
}

async function middleOf(pane: string, x: number, y: number): Promise<[number, number]> {
  const at = await placeOf(on.page, pane, SIZE, { x, y });
  return [at.x, at.y];
}

test('a label map whose file has changed is never written over: both are kept, and one is taken', async () => {
  await on.open('c');
  await dab(20, 20, 5, 2);
  await on.byId('nav-browse').click();
  const theirs = grid((_, y) => (y < 40 ? 3 : 1));
  writeFileSync(scratch.path('data', 'labels', 'c.png'), encodeLabels({ ...SIZE, data: theirs }));
  await on.page.reload();
  await on.open('c');
  await eventually(() => on.byId('conflict').innerText()).toContain('labels/c.png');
  const mine = changed(box(18, 18, 23, 23), 2);
  await on.expectLabels(mine);
  // Both are shown before one is taken, with how many pixels differ.
  const differing = theirs.filter((label, i) => label !== mine[i]).length;
  await eventually(() => on.byId('conflict').innerText()).toContain(
    `${String(differing).replace(/\B(?=(\d{3})+$)/g, '\u202f')} pixels differ`,
  );
  await expectColours('annotate', mine);
  await expectColours('theirs', theirs);
  await on.page.mouse.move(...(await middleOf('theirs', 20, 20)));
  await eventually(() => on.byId('probe').innerText()).toContain('at 20, 20\nsky');
  expect(await on.byId('probe-theirs').innerText()).toContain('tree');
  await keepShot(on.page, 'annotate-conflict');
  // It is looked at, not drawn on; alone, ours can be drawn on as ever.
  await on.choose('b', 3);
  const there = await placeOf(on.page, 'annotate', SIZE, { x: 90, y: 60 });
  await on.page.mouse.click(there.x, there.y);
  await on.expectLabels(mine);
  await on.byId('conflict-shown').getByText('Where they differ').click();
  const only = (labels: Uint8Array) => labels.map((label, i) => (mine[i] === theirs[i] ? 255 : label));
  await expectColours('annotate', only(mine));
  await expectColours('theirs', only(theirs));
  await on.byId('conflict-shown').getByText('Mine', { exact: true }).click();
  await eventually(() => on.byId('pane-theirs').count()).toBe(0);
  await on.byId('brush-shape').getByText('Square').click();
  await on.byId('brush-size').fill('5');
  await on.click(90, 60);
  await on.expectLabels(grid((x, y) => (box(88, 58, 93, 63)(x, y) ? 3 : mine[y * SIZE.width + x])));
  await press('Control+z');
  await on.expectLabels(mine);
  await on.byId('conflict-source').click();
  await on.expectLabels(theirs);
  await on.ready();
  expect(await on.byId('conflict').isHidden()).toBe(true);
  // Ours is still there.
  await press('Control+z');
  await on.expectLabels(changed(box(18, 18, 23, 23), 2));
});

test('everything has a name and enough contrast, in dark and in light', async () => {
  for (const scheme of ['dark', 'light'] as const) {
    await on.page.evaluate(
      (value) => document.documentElement.setAttribute('data-mantine-color-scheme', value),
      scheme,
    );
    await on.page.waitForTimeout(300);
    const { violations } = await new AxeBuilder({ page: on.page }).setLegacyMode().analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
    await keepShot(on.page, `annotate-${scheme}`);
  }
});
