import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { dropUnfinishedDataset, listDatasets, saveDataset } from '../../../src-main/store/datasets.ts';
import { dropItems, type ItemRecord, saveItems } from '../../../src-main/store/items.ts';
import { correctedFile } from '../../../src-main/store/label-counts.ts';
import {
  addEntry,
  type EditsBegin,
  getLabelEdits,
  labelHistory,
  type NewEntry,
} from '../../../src-main/store/label-edits.ts';

let folder: string;
let database: WritableDatabase;
let dataset: number;

const record: ItemRecord = {
  key: 'train/a',
  split: 'train',
  image: 'a.png',
  labels: 'a-labels.png',
  width: 4,
  height: 3,
  hash: 'h',
  stamp: 's',
  pixels: [12],
};
const begin: EditsBegin = {
  width: 4,
  height: 3,
  labels: 'a-labels.png',
  source: 'x',
  hash: 'y',
  state: { pixels: new Uint8Array(3), shapes: [] },
};
const entry: NewEntry = { tool: 'brush', of: null, back: false, pixels: 2, patch: new Uint8Array(5), shapes: [] };

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-label-edits-'));
  database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  const classes = [{ name: 'sky', color: [0, 0, 0] as [number, number, number] }];
  const values = new Array<number>(256).fill(0);
  dataset = saveDataset(database, { name: 'made', layout: 'camvid', root: '/made', classes, values });
  saveItems(database, dataset, [record, { ...record, key: 'train/b' }]);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an entry that does not follow on the last one known is refused, and leaves nothing', () => {
  expect(() => addEntry(database, 1, 3, entry, begin)).toThrow('changed in another window');
  expect(getLabelEdits(database, 1)).toBe(null);
  expect(addEntry(database, 1, 0, entry, begin)).toBe(1);
  expect(() => addEntry(database, 1, 0, entry, null)).toThrow('changed in another window');
  expect(labelHistory(database, 1).map(({ sequence }) => sequence)).toEqual([1]);
});

test('an entry that cannot be written whole is not written at all', () => {
  addEntry(database, 1, 0, entry, begin);
  // It would undo itself.
  expect(() => addEntry(database, 1, 1, { ...entry, of: 2, back: true }, null)).toThrow('CHECK');
  expect(getLabelEdits(database, 1)?.sequence).toBe(1);
  expect(labelHistory(database, 1).length).toBe(1);
});

test('a data set that was never finished goes when its import is given up, but not with edited label maps', () => {
  addEntry(database, 1, 0, entry, begin);
  dropUnfinishedDataset(database, dataset);
  expect(listDatasets(database).map(({ id }) => id)).toEqual([dataset]);
  expect(labelHistory(database, 1).length).toBe(1);
  const other = saveDataset(database, { name: 'o', layout: 'camvid', root: '/o', classes: [], values: [] });
  saveItems(database, other, [record]);
  dropUnfinishedDataset(database, other);
  expect(listDatasets(database).map(({ id }) => id)).toEqual([dataset]);
});

test('of the items whose files are gone those that were edited stay', () => {
  addEntry(database, 1, 0, entry, begin);
  expect(dropItems(database, dataset, ['train/a', 'train/b'])).toEqual(['a.png']);
  expect(database.prepare('SELECT id, gone FROM items').all()).toEqual([{ id: 1, gone: 1 }]);
});

test('a damaged hash leads to no file', () => {
  const hash = 'ab'.repeat(32);
  expect(correctedFile('/p', 7, hash)).toBe(path.join('/p', 'cache', 'labels', `7-${hash}.png`));
  expect(() => correctedFile('/p', 7, '../../etc/passwd')).toThrow('damaged');
});
