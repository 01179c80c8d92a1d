/** A data set whose every figure is known here, and what the user does with it in Browse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { randomUniform } from '../../src-main/base/random.ts';
import { encodeImage, encodeLabels } from '../../src-main/datasets/codec.ts';
import { openDatabase } from '../../src-main/store/database.ts';
import { saveEvaluation } from '../../src-main/store/evaluations.ts';
import { saveMeasure } from '../../src-main/store/measures.ts';
import { saveModel } from '../../src-main/store/models.ts';
import { type Scratch, stillroom } from './app.ts';

export const CLASSES = ['sky', 'road', 'pole', 'car', 'person', 'tree'];
const SPLITS = ['train', 'train', 'val', 'test'];
const SIZES = [
  [64, 48],
  [96, 48],
  [96, 64],
];
const ITEMS = 20;
/** So many classes, and names so long, that the window has to cope. */
const MANY = 150;

/** An item as the test knows it; figures are 0–1. */
export interface Made {
  key: string;
  split: string;
  width: number;
  height: number;
  labelled: boolean;
  /** Pixels of each class. */
  pixels: number[];
  mIoU: number;
  carIoU: number | null;
  differing: number;
}

const draw = (purpose: string, ...at: number[]) => randomUniform(3, purpose, ...at);

/** Writes one image with its label map, in stripes of some of the classes. */
function writeItem(
  root: string,
  split: string,
  name: string,
  i: number,
  classes: number,
): Omit<Made, 'mIoU' | 'carIoU' | 'differing'> {
  const [width, height] = SIZES[Math.floor(draw('size', i) * SIZES.length)];
  const present = Array.from({ length: classes }, (_, c) => c).filter(
    (c) => c === i % classes || draw('class', i, c) < 0.35,
  );
  const labels = new Uint8Array(width * height);
  for (let p = 0; p < labels.length; p++) labels[p] = present[Math.floor(((p % width) / width) ** 2 * present.length)];
  const image = Uint8Array.from(
    { length: labels.length * 3 },
    (_, p) => 30 + ((labels[Math.floor(p / 3)] * 40 + (p % 3) * 50 + i * 9) % 220),
  );
  for (const kind of ['images', 'labels']) mkdirSync(`${root}/${kind}/${split}`, { recursive: true });
  writeFileSync(`${root}/images/${split}/${name}.png`, encodeImage({ width, height, data: image }));
  const labelled = i % 7 !== 3;
  if (labelled) writeFileSync(`${root}/labels/${split}/${name}.png`, encodeLabels({ width, height, data: labels }));
  const pixels = new Array<number>(classes).fill(0);
  if (labelled) for (const label of labels) pixels[label]++;
  return { key: `${split}/${name}`, split, width, height, labelled, pixels };
}

/** Makes the project; another data set in it has very many classes with very long names. */
export async function browseProject(scratch: Scratch): Promise<{ folder: string; made: Made[] }> {
  const folder = scratch.path('project');
  const [streets, many] = [scratch.path('streets'), scratch.path('many')];
  const made = Array.from(
    { length: ITEMS },
    (_, i): Made => ({
      ...writeItem(
        streets,
        SPLITS[i % SPLITS.length],
        `frame_${String((i * 7) % ITEMS).padStart(2, '0')}`,
        i,
        CLASSES.length,
      ),
      mIoU: Math.round(draw('miou', i) * 1000) / 1000,
      carIoU: draw('has', i) < 0.6 ? Math.round(draw('car', i) * 1000) / 1000 : null,
      differing: Math.round(draw('differing', i) * 1000) / 1000,
    }),
  );
  writeFileSync(`${streets}/classes.txt`, CLASSES.join('\n'));
  for (let i = 0; i < 6; i++) writeItem(many, 'train', `long_${i}`, i, MANY);
  const long = (c: number) => `a class with a name of forty letters no ${String(c).padStart(3, '0')}`;
  writeFileSync(`${many}/classes.txt`, Array.from({ length: MANY }, (_, c) => long(c)).join('\n'));
  for (const root of [streets, many]) {
    const { code, stderr } = await stillroom(scratch, 'import', root, '--project', folder);
    if (code !== 0) throw new Error(stderr);
  }
  addFigures(folder, made);
  return { folder, made };
}

const ZERO: [number, number, number] = [0, 0, 0];

/** Results of models that are not there: what they would be is made up here. */
function addFigures(folder: string, made: Made[]): void {
  const database = openDatabase(`${folder}/project.sqlite`);
  const number = database.prepare('SELECT id FROM items WHERE dataset = 1 AND key = ?').pluck();
  const ids = new Map(made.map(({ key }) => [key, number.get(key) as number]));
  const shape = { run: null, parameters: 1, macs: 1, inputSize: [1, 1] as [number, number] };
  const [model, other] = ['student', 'teacher'].map((name) => {
    const preprocessing = { channels: 'rgb' as const, mean: ZERO, std: ZERO, scale: 1 };
    const network = { id: 'espnet-c', options: {} };
    const card = { name, network, classes: [], outputs: 6, preprocessing, licence: '', source: '', sha256: name };
    return saveModel(database, { ...shape, file: `models/${name}.safetensors`, card });
  });
  const figures = { mIoU: 0.5, pixelAccuracy: 0.5, meanAccuracy: 0.5, ious: CLASSES.map(() => 0.5), confusion: [] };
  const cost = { outputs: 6, images: 1, msPerImage: 1, parameters: 1, macs: 1, inputSize: [1, 1] as [number, number] };
  const items = made
    .filter(({ split, labelled }) => split === 'train' && labelled)
    .map(({ key, mIoU, carIoU }) => {
      const ious = CLASSES.map((name) => (name === 'car' ? carIoU : null));
      return { item: ids.get(key)!, mIoU, pixelAccuracy: 0.5, ious };
    });
  const result = { ...figures, ...cost, items };
  saveEvaluation(database, { model, dataset: 1, split: 'train', step: null, engine: 'cpu', result });
  const values = made.map(({ key, differing }) => ({ item: ids.get(key)!, value: differing }));
  saveMeasure(database, {
    kind: 'disagreement',
    rare: false,
    dataset: 1,
    split: null,
    model,
    other,
    engine: 'cpu',
    values,
  });
  database.close();
}

export class Browser {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  byId(id: string) {
    return this.page.getByTestId(id);
  }

  /** The keys of the images in the grid, in its order. */
  keys(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[role="gridcell"]')]
        .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
        .map((cell) => cell.getAttribute('aria-label') ?? ''),
    );
  }

  /** Waits until the grid and the count show these images. */
  async shows(wanted: readonly Pick<Made, 'key'>[]): Promise<void> {
    if (wanted.length === 0) await this.byId('empty').waitFor();
    else await expect.poll(() => this.keys(), { timeout: 10_000 }).toEqual(wanted.map(({ key }) => key));
    const count = `${wanted.length} ${wanted.length === 1 ? 'image' : 'images'}`;
    await expect.poll(() => this.byId('item-count').textContent()).toBe(count);
  }

  /** What lies over an image's thumbnail, pixel by pixel: red, green, blue and how far it covers. */
  labelColours(key: string): Promise<number[][]> {
    return this.page.evaluate(async (testid) => {
      const picture = document.querySelector<HTMLImageElement>(`[data-testid="${testid}"] .thumbnail-labels`);
      if (!picture) return [];
      await picture.decode();
      const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
      const context = canvas.getContext('2d')!;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)]);
    }, `item-${key}`);
  }

  /** The same by the label map that the host gives for the image, which is too small to be made smaller. */
  coloursOfLabels(key: string): Promise<number[][]> {
    return this.page.evaluate(async (wanted) => {
      const ask = async (name: string, params: unknown) => {
        const answer = await window.stillroom!.request(name, params);
        if (!answer.ok) throw new Error(answer.refusal.message);
        return answer.answer;
      };
      const [dataset] = (await ask('datasets.list', {})) as { id: number; classes: { color: number[] }[] }[];
      const found = (await ask('items.query', { dataset: dataset.id })) as { items: { id: number; key: string }[] };
      const { id } = found.items.find((item) => item.key === wanted)!;
      const labels = new Uint8Array(await (await fetch(`/data/items/${id}/labels`)).arrayBuffer());
      return Array.from(labels, (label) => (label === 255 ? [0, 0, 0, 0] : [...dataset.classes[label].color, 255]));
    }, key);
  }

  /** Opens the form of a kind of condition. */
  async filter(kind: string): Promise<void> {
    await this.byId('filter-add').click();
    await this.byId(`filter-kind-${kind}`).click();
  }

  async apply(): Promise<void> {
    await this.byId('filter-apply').click();
    await this.byId('filter-apply').waitFor({ state: 'detached' });
  }

  /** Chooses an entry of a drop-down list. */
  async pick(list: string, entry: string | RegExp): Promise<void> {
    await this.byId(list).click();
    await this.page.getByRole('option', { name: entry }).click();
  }

  async closeMenu(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.page.locator('.filter-menu').waitFor({ state: 'detached' });
  }

  /** All images by name, none chosen. */
  async reset(): Promise<void> {
    await this.byId('views').click();
    await this.byId('view-all-images').click();
    await this.byId('filter-text').fill('');
    if (await this.byId('selection-clear').isVisible()) await this.byId('selection-clear').click();
  }
}
