import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ItemFeatures } from '../../../src-main/contract/embedding.ts';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { countDataset, finishDataset, saveDataset } from '../../../src-main/store/datasets.ts';
import {
  classVectors,
  colourValues,
  dropEmbedding,
  getEmbedding,
  itemsToEmbed,
  itemVectors,
  listEmbeddings,
  openEmbedding,
  readProjection,
  saveFeatures,
  saveProjection,
  vectorClasses,
} from '../../../src-main/store/embeddings.ts';
import { dropItems, type ItemRecord, saveItems } from '../../../src-main/store/items.ts';
import { saveModel } from '../../../src-main/store/models.ts';
import { tagItems } from '../../../src-main/store/tags.ts';

const HOW = { tapChannels: 128, engine: 'cpu' };
let folder: string;
let database: WritableDatabase;
let dataset: number;
let model: number;

function record(i: number, hash = `h${i}`): ItemRecord {
  return {
    key: `img${i}`,
    split: i < 4 ? 'train' : 'val',
    image: `${i}.png`,
    labels: i === 5 ? null : `l${i}.png`,
    width: 4,
    height: 4,
    hash,
    stamp: '',
    pixels: i === 5 ? [0, 0] : [i, 16 - i],
  };
}

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-embeddings-'));
  database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  const classes = ['Sky', 'Road'].map((name) => ({ name, color: [0, 0, 0] as [number, number, number] }));
  dataset = saveDataset(database, {
    name: 'd',
    layout: 'plain',
    root: '/d',
    classes,
    values: new Array(256).fill(255),
  });
  saveItems(
    database,
    dataset,
    [0, 1, 2, 3, 4, 5].map((i) => record(i)),
  );
  finishDataset(database, dataset, { problems: [], totals: countDataset(database, dataset) });
  model = addModel('abc');
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function addModel(sha256: string): number {
  const card = { name: 'Teacher', sha256 } as never;
  return saveModel(database, { file: 'models/m.pth', card, run: null, parameters: 7, macs: 9, inputSize: [3, 4] });
}

const open = (weights = 'abc') => openEmbedding(database, { model, dataset, tap: 'level3', weights });
const ids = () => database.prepare('SELECT id FROM items ORDER BY key').pluck().all() as number[];

const missing = (embedding: number) => itemsToEmbed(database, folder, embedding);

function save(embedding: number, ...some: ItemFeatures[]): void {
  saveFeatures(database, embedding, some, missing(embedding).stamps, HOW);
}

function features(item: number, value = item): ItemFeatures {
  const vector = Float32Array.of(1 / value, 0.5, -0.25);
  return { item, vector, classes: [{ class: item % 2, pixels: 100 + item, vector: Float32Array.of(0, 1, 1 / value) }] };
}

test('what was computed is read back to float16’s digits, by item and by class', () => {
  const embedding = open();
  const [a, b, c] = ids();
  save(embedding, features(c), features(a), features(b));
  const vectors = itemVectors(database, embedding);
  expect([...vectors.items]).toEqual([a, b, c]);
  expect(vectors).toMatchObject({ keys: ['img0', 'img1', 'img2'], channels: 3 });
  [a, b, c].forEach((id, i) => {
    expect(vectors.values[3 * i]).toBeCloseTo(1 / id, 3);
    expect([...vectors.values.slice(3 * i + 1, 3 * i + 3)]).toEqual([0.5, -0.25]);
  });
  expect(vectorClasses(database, embedding)).toEqual([0, 1]);
  const odd = classVectors(database, embedding, 1);
  const expected = [a, b, c].filter((id) => id % 2);
  expect([...odd.items]).toEqual(expected);
  expect([...odd.pixels]).toEqual(expected.map((id) => 100 + id));
  expect(odd.values[2]).toBeCloseTo(1 / expected[0], 3);
  expect(listEmbeddings(database, dataset)).toMatchObject([
    { id: embedding, modelName: 'Teacher', tap: 'level3', items: 3, channels: 3, tapChannels: 128, engine: 'cpu' },
  ]);
});

test('a job goes on with the items that are missing, also those without labels', () => {
  const embedding = open();
  const [a, b] = ids();
  save(embedding, features(a), features(b));
  expect(open()).toBe(embedding);
  expect(missing(embedding).data.items.map(({ key }) => key)).toEqual(['img2', 'img3', 'img4', 'img5']);
});

test('an item that has changed counts as missing until it is computed again', () => {
  const embedding = open();
  const [a, b] = ids();
  save(embedding, features(a), features(b));
  saveItems(database, dataset, [record(1, 'another')]);
  expect([...itemVectors(database, embedding).items]).toEqual([a]);
  expect([...classVectors(database, embedding, b % 2).items]).not.toContain(b);
  expect(listEmbeddings(database, dataset)[0].items).toBe(1);
  expect(missing(embedding).data.items.map(({ key }) => key)).toContain('img1');
  save(embedding, features(b, 8));
  expect(itemVectors(database, embedding).values[3]).toBeCloseTo(1 / 8, 3);
});

test('items that are gone take their features along; those that went meanwhile are left out', () => {
  const embedding = open();
  const [a, b] = ids();
  save(embedding, features(a));
  const { stamps } = missing(embedding);
  dropItems(database, dataset, ['img0', 'img1']);
  saveFeatures(database, embedding, [features(b)], stamps, HOW);
  expect(itemVectors(database, embedding).items).toHaveLength(0);
  expect(database.prepare('SELECT count(*) FROM class_vectors').pluck().get()).toBe(0);
});

test('other weights of the same model begin anew', () => {
  const embedding = open();
  save(embedding, features(ids()[0]));
  addModel('def');
  expect(listEmbeddings(database, dataset)).toEqual([]);
  expect(itemVectors(database, open('def')).items).toHaveLength(0);
});

test('a map is read back without items that are gone, and coloured by what is known of the others', () => {
  const embedding = open();
  const all = ids();
  const points = Float32Array.from({ length: 12 }, (_, i) => i / 2);
  expect(readProjection(database, embedding, 'umap')).toBeNull();
  saveProjection(database, embedding, 'umap', { items: Int32Array.from(all), points });
  expect(listEmbeddings(database, dataset)[0].projections).toMatchObject([{ method: 'umap', items: 6 }]);
  dropItems(database, dataset, ['img1']);
  const map = readProjection(database, embedding, 'umap')!;
  expect([...map.items]).toEqual(all.filter((_, i) => i !== 1));
  expect([...map.points]).toEqual([0, 0.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5]);
  const colours = (by: Parameters<typeof colourValues>[3]) => [...colourValues(database, embedding, map.items, by)];
  expect(colours({ kind: 'split' })).toEqual([0, 0, 0, 1, 1]);
  expect(colours({ kind: 'class' })).toEqual([1, 1, 1, 1, Number.NaN]);
  tagItems(database, { items: [all[2], all[4]], add: ['odd'], remove: [] });
  expect(colours({ kind: 'tag', tag: 'odd' })).toEqual([0, 1, 0, 1, 0]);
  expect(colours({ kind: 'score', evaluation: 1 })).toEqual(new Array(5).fill(Number.NaN));
});

test('what is dropped is gone with everything made of it', () => {
  const embedding = open();
  save(embedding, features(ids()[0]));
  saveProjection(database, embedding, 'tsne', { items: Int32Array.of(1), points: Float32Array.of(0, 0) });
  dropEmbedding(database, embedding);
  for (const table of ['item_vectors', 'class_vectors', 'projections']) {
    expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
  }
  expect(() => getEmbedding(database, embedding)).toThrow(/There are no features/);
});
