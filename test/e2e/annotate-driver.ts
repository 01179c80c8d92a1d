/** What a user does in Annotate, and what the label map is then. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { encodeImage, encodeLabels } from '../../src-main/datasets/codec.ts';
import { type Scratch, stillroom } from './app.ts';
import { placeOf, type Size } from './compare-driver.ts';

/** Expects something to come true before long, however busy the machine is. */
export const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 20_000 });

export const SIZE: Size = { width: 120, height: 80 };
export const CLASSES = ['ground', 'wall', 'sky', 'tree'];

/** A grid of numbers, row by row. */
export type Grid = Uint8Array;

/** Grid of the size of the images. */
export function grid(value: (x: number, y: number) => number): Grid {
  return Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, i) =>
    value(i % SIZE.width, Math.floor(i / SIZE.width)),
  );
}

/** Two grounds, of which one is a disc of another colour: the picture that tools by colour look at. */
export const inDisc = (x: number, y: number) => (x - 80) ** 2 + (y - 40) ** 2 <= 20 ** 2;

/** The label map that every image of the data set begins with: ground on the left, wall on the right. */
export const START = grid((x) => (x < 60 ? 0 : 1));

/** The start with some pixels of another class. */
export const changed = (inside: (x: number, y: number) => boolean, value: number) =>
  grid((x, y) => (inside(x, y) ? value : at(START, x, y)));

export const at = (found: Uint8Array, x: number, y: number) => found[y * SIZE.width + x];

/** Pixels from the upper left up to, and without, the lower right. */
export const box = (left: number, top: number, right: number, bottom: number) => (x: number, y: number) =>
  x >= left && x < right && y >= top && y < bottom;

/** The picture of every image, unless a test asks for others: red, green and blue of a pixel of the nth. */
export type Picture = (x: number, y: number, n: number) => readonly [number, number, number];
const disc: Picture = (x, y) => (inDisc(x, y) ? [210, 60, 50] : [40, 90, 140]);

/** A project with some images, the last of which has no labels. */
export async function project(scratch: Scratch, names: readonly string[], picture = disc): Promise<string> {
  const root = scratch.path('data');
  mkdirSync(path.join(root, 'images'), { recursive: true });
  mkdirSync(path.join(root, 'labels'));
  writeFileSync(path.join(root, 'classes.txt'), CLASSES.join('\n'));
  for (const [index, name] of names.entries()) {
    const data = new Uint8Array(SIZE.width * SIZE.height * 3);
    for (let y = 0, at = 0; y < SIZE.height; y++) {
      for (let x = 0; x < SIZE.width; x++, at += 3) data.set(picture(x, y, index), at);
    }
    writeFileSync(path.join(root, 'images', `${name}.png`), encodeImage({ ...SIZE, data }));
    if (index < names.length - 1)
      writeFileSync(path.join(root, 'labels', `${name}.png`), encodeLabels({ ...SIZE, data: START }));
  }
  const folder = scratch.path('project');
  const ended = await stillroom(scratch, 'import', root, '--project', folder);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return folder;
}

export class Annotator {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(10_000);
  }

  byId(id: string) {
    return this.page.getByTestId(id);
  }

  /** Opens an image from Browse. */
  async open(name: string): Promise<void> {
    await this.byId('nav-browse').click();
    if (await this.byId('viewer-close').isVisible()) await this.byId('viewer-close').click();
    await this.byId(`item-train/${name}`).focus();
    await this.page.keyboard.press('e');
    await eventually(() => this.byId('annotate-key').textContent()).toBe(`train/${name}`);
    await this.ready();
    await this.page.keyboard.press('Control+0');
  }

  async ready(): Promise<void> {
    await eventually(() => this.byId('pane-annotate').getAttribute('aria-busy')).toBeNull();
    await eventually(() => this.page.locator('.stage > canvas').first().getAttribute('data-renderer')).toBeTruthy();
    // Where pixels lie is known from the frame that draws the image: the pointer is not to be ahead of it.
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }

  /** Chooses tool and class by their keys. */
  async choose(tool: string, label?: number): Promise<void> {
    await this.byId('pane-annotate').focus();
    await this.page.keyboard.press(tool);
    if (label !== undefined) await this.page.keyboard.press(String(label + 1));
  }

  /** The middle of a pixel on the page. */
  place(x: number, y: number) {
    return placeOf(this.page, 'annotate', SIZE, { x, y });
  }

  async click(x: number, y: number, options: { shift?: boolean; twice?: boolean } = {}): Promise<void> {
    const at = await this.place(x, y);
    if (options.shift) await this.page.keyboard.down('Shift');
    await this.page.mouse.move(at.x, at.y);
    if (options.twice) await this.page.mouse.dblclick(at.x, at.y);
    else await this.page.mouse.click(at.x, at.y);
    if (options.shift) await this.page.keyboard.up('Shift');
  }

  /** Presses at the first place, goes through the others and lets go at the last. */
  async drag(...points: [number, number][]): Promise<void> {
    const [first, ...rest] = await Promise.all(points.map(([x, y]) => this.place(x, y)));
    await this.page.mouse.move(first.x, first.y);
    await this.page.mouse.down();
    for (const { x, y } of rest) await this.page.mouse.move(x, y, { steps: 4 });
    await this.page.mouse.up();
  }

  async saved(): Promise<void> {
    await eventually(() => this.byId('save-state').getAttribute('data-state')).toBe('saved');
  }

  /** The label map of the open image as the host gives it to everybody, once all is saved. */
  async labels(): Promise<Grid> {
    await this.saved();
    const bytes = await this.page.evaluate(async () => {
      const item = new URLSearchParams(location.hash.split('?')[1]).get('item');
      const response = await fetch(`/data/items/${item}/labels`);
      return [...new Uint8Array(await response.arrayBuffer())];
    });
    return Uint8Array.from(bytes);
  }

  /** Expects the label map to be so, and tells where it is not. */
  async expectLabels(expected: Grid): Promise<void> {
    await eventually(async () => differences(await this.labels(), expected)).toEqual([]);
  }

  /** Undoes until nothing is left to undo. */
  async undoAll(): Promise<void> {
    await this.saved();
    for (let i = 0; i < 50 && (await this.byId('undo').isEnabled()); i++) {
      await this.page.keyboard.press('Control+z');
      await this.saved();
    }
  }
}

/** What writes tests of an image that is as it was at first. @param annotator asked for when a test begins */
export function stepsOf(annotator: () => Annotator): (name: string, what: () => Promise<void>) => void {
  return (name, what) =>
    test(name, async () => {
      const on = annotator();
      await on.page.keyboard.press('Escape');
      await on.undoAll();
      await what();
    });
}

/** The first places at which two grids differ, as `x,y: found instead of expected`. */
function differences(found: Grid, expected: Grid): string[] {
  const places: string[] = [];
  for (let i = 0; i < expected.length && places.length < 8; i++) {
    if (found[i] !== expected[i]) {
      places.push(`${i % SIZE.width},${Math.floor(i / SIZE.width)}: ${found[i]} instead of ${expected[i]}`);
    }
  }
  return places;
}
