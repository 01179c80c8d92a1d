/** A project of very many items over few image files, for measuring: written straight through the store. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBits, randomUniform } from '../../../src-main/base/random.ts';
import type { ClassInfo } from '../../../src-main/contract/dataset.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { countDataset, finishDataset, saveDataset } from '../../../src-main/store/datasets.ts';
import { saveEvaluation } from '../../../src-main/store/evaluations.ts';
import { type ItemRecord, saveItems } from '../../../src-main/store/items.ts';
import { saveMeasure } from '../../../src-main/store/measures.ts';
import { saveModel } from '../../../src-main/store/models.ts';
import { tagItems } from '../../../src-main/store/tags.ts';
import { addFeatures } from './made-features.ts';

export interface MadeProject {
  folder: string;
  items: number;
  classes: string[];
  dataset: number;
  evaluation: number;
  measure: number;
  embedding: number;
}

export interface ProjectSize {
  items: number;
  classes: number;
  /** Image files that the items share, and their size. */
  files: number;
  width: number;
  height: number;
}

const SEED = 11;
const SPLITS = ['train', 'train', 'train', 'train', 'train', 'train', 'val', 'val', 'test', 'test'];
const BATCH = 5000;

/** Makes the project in a folder that is not there yet; one with a data set at `FOLDER-images`. */
export function makeProject(folder: string, size: ProjectSize): MadeProject {
  const root = `${folder}-images`;
  writeFiles(root, size);
  mkdirSync(folder, { recursive: true });
  const database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  // It is made anew each time: nothing is lost if this is cut off.
  database.pragma('synchronous = OFF');
  try {
    const classes = Array.from(
      { length: size.classes },
      (_, c): ClassInfo => ({ name: className(c), color: colorOf(c) }),
    );
    const values = Array.from({ length: 256 }, (_, v) => (v < size.classes ? v : 255));
    const dataset = saveDataset(database, { name: 'Made', layout: 'plain', root, classes, values });
    for (let from = 0; from < size.items; from += BATCH) {
      const length = Math.min(BATCH, size.items - from);
      saveItems(
        database,
        dataset,
        Array.from({ length }, (_, i) => recordOf(from + i, size)),
      );
    }
    finishDataset(database, dataset, { problems: [], totals: countDataset(database, dataset) });
    const ids = database.prepare('SELECT id FROM items WHERE dataset = ? ORDER BY id').pluck().all(dataset) as number[];
    const [evaluation, measure, model] = addFigures(database, dataset, ids, size.classes);
    const embedding = addFeatures(database, dataset, model, 'teacher');
    for (const [tag, share] of [
      ['night', 0.02],
      ['check again', 0.3],
    ] as const) {
      const items = ids.filter((_, i) => randomUniform(SEED, tag, i) < share);
      tagItems(database, { items, add: [tag], remove: [] });
    }
    return {
      folder,
      items: size.items,
      classes: classes.map(({ name }) => name),
      dataset,
      evaluation,
      measure,
      embedding,
    };
  } finally {
    database.close();
  }
}

function className(c: number): string {
  return `class ${String(c).padStart(3, '0')} of many`;
}

function colorOf(c: number): [number, number, number] {
  return [0, 1, 2].map((part) => 40 + (randomBits(SEED, 'color', c, part) % 200)) as [number, number, number];
}

function writeFiles(root: string, { files, width, height, classes }: ProjectSize): void {
  mkdirSync(path.join(root, 'images'), { recursive: true });
  mkdirSync(path.join(root, 'labels'), { recursive: true });
  for (let f = 0; f < files; f++) {
    const image = new Uint8Array(width * height * 3);
    const labels = new Uint8Array(width * height);
    const colors = [0, 1, 2].map((part) => randomBits(SEED, 'shade', f, part) & 127);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        const label = (f + Math.floor(x / 90) + 2 * Math.floor(y / 70)) % classes;
        labels[at] = label;
        for (let part = 0; part < 3; part++)
          image[3 * at + part] = colors[part] + ((label * 37 + part * 59 + ((x ^ y) & 15)) & 127);
      }
    }
    writeFileSync(path.join(root, 'images', `${f}.png`), encodeImage({ width, height, data: image }));
    writeFileSync(path.join(root, 'labels', `${f}.png`), encodeLabels({ width, height, data: labels }));
  }
}

/** About as data sets are: half of the classes are in an image, the frequent ones with most of its pixels. */
function recordOf(i: number, { classes, files, width, height }: ProjectSize): ItemRecord {
  const split = SPLITS[randomBits(SEED, 'split', i) % SPLITS.length];
  const labelled = randomUniform(SEED, 'labelled', i) < 0.9;
  const pixels = Array.from({ length: classes }, (_, c) => {
    const there = labelled && randomUniform(SEED, 'there', i, c) < 0.9 - (0.8 * c) / classes;
    return there ? 1 + (randomBits(SEED, 'pixels', i, c) % Math.ceil((width * height) / (classes * (1 + c)))) : 0;
  });
  const name = String(i).padStart(6, '0');
  return {
    key: `${split}/scene_${String(randomBits(SEED, 'scene', i) % 400).padStart(3, '0')}/frame_${name}`,
    split,
    image: `images/${i % files}.png`,
    labels: labelled ? `labels/${i % files}.png` : null,
    width,
    height,
    hash: `made-${i % files}`,
    stamp: '0',
    pixels,
  };
}

/** Two models; one was evaluated on every item, and both were compared on every item. */
function addFigures(
  database: WritableDatabase,
  dataset: number,
  ids: number[],
  classes: number,
): [number, number, number] {
  const [model, other] = ['teacher', 'student'].map((name) => {
    const network = { id: 'espnet-c', options: {} };
    const preprocessing = { channels: 'rgb' as const, mean: [0, 0, 0], std: [1, 1, 1], scale: 1 };
    const card = { name, network, classes: [], outputs: classes, preprocessing, licence: '', source: '', sha256: name };
    return saveModel(database, {
      file: `models/${name}.pth`,
      card: card as never,
      run: null,
      parameters: 1,
      macs: 1,
      inputSize: [1, 1],
    });
  });
  const ious = new Array<number>(classes).fill(0.5);
  const evaluation = saveEvaluation(database, {
    model,
    dataset,
    split: 'val',
    step: null,
    engine: 'cpu',
    result: {
      mIoU: 0.5,
      pixelAccuracy: 0.9,
      meanAccuracy: 0.6,
      ious,
      confusion: [],
      outputs: classes,
      images: ids.length,
      msPerImage: 1,
      parameters: 1,
      macs: 1,
      inputSize: [1, 1],
      items: ids.map((item, i) => ({
        item,
        mIoU: randomUniform(SEED, 'miou', i),
        pixelAccuracy: 0.9,
        ious: ious.map((_, c) => (randomUniform(SEED, 'has', i, c) < 0.5 ? randomUniform(SEED, 'iou', i, c) : null)),
      })),
    },
  });
  const values = ids.map((item, i) => ({ item, value: randomUniform(SEED, 'differing', i) }));
  const about = { kind: 'disagreement' as const, rare: false, dataset, split: null, model, other, engine: 'cpu' };
  return [evaluation, saveMeasure(database, { ...about, values }), model];
}
