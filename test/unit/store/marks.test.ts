import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { itemFilter, itemSort } from '../../../src-main/contract/item-query.ts';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { saveDataset } from '../../../src-main/store/datasets.ts';
import { dropItems, getItem, saveItems } from '../../../src-main/store/items.ts';
import { listMeasures, saveMeasure } from '../../../src-main/store/measures.ts';
import { saveModel } from '../../../src-main/store/models.ts';
import { listTags, tagItems } from '../../../src-main/store/tags.ts';
import { listViews, removeView, saveView } from '../../../src-main/store/views.ts';

let folder: string;
let database: WritableDatabase;
let dataset: number;
let ids: number[];
let models: number[];

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-marks-'));
  database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  const values = new Array<number>(256).fill(255);
  dataset = saveDataset(database, { name: 'made', layout: 'camvid', root: '/made', classes: [], values });
  const common = { split: 'val', image: 'i.png', labels: null, width: 1, height: 1, hash: 'h', stamp: 's', pixels: [] };
  saveItems(
    database,
    dataset,
    ['one', 'two', 'three'].map((key) => ({ ...common, key })),
  );
  ids = database.prepare('SELECT id FROM items ORDER BY id').pluck().all() as number[];
  const shape = { run: null, parameters: 7, macs: 9, inputSize: [3, 4] as [number, number] };
  models = ['a', 'b'].map((name) =>
    saveModel(database, { ...shape, file: name, card: { name, sha256: name } as never }),
  );
});

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

test('tags are put on and taken off, counted by data set, and go with their item', () => {
  const [one, two] = ids;
  tagItems(database, { items: [one, two, 999999], add: ['x', 'y'], remove: [] });
  tagItems(database, { items: [one], add: ['x'], remove: ['y'] });
  expect(getItem(database, one).tags).toEqual(['x']);
  expect(listTags(database, dataset)).toEqual(
    expect.arrayContaining([
      { tag: 'x', items: 2 },
      { tag: 'y', items: 1 },
    ]),
  );
  dropItems(database, dataset, ['two']);
  expect(listTags(database, dataset).find(({ tag }) => tag === 'y')).toBeUndefined();
});

test('views are kept by name, replaced, and removed', () => {
  const filter = itemFilter.parse({ splits: ['val'], shares: [{ class: 1, max: 0.1 }] });
  const sort = itemSort.parse({ by: 'score', evaluation: 7, class: 2 });
  saveView(database, dataset, { name: 'worst poles', filter: itemFilter.parse({}), sort });
  saveView(database, dataset, { name: 'worst poles', filter, sort });
  saveView(database, dataset, { name: 'all', filter: itemFilter.parse({}), sort: itemSort.parse({ by: 'key' }) });
  expect(listViews(database, dataset).map(({ name }) => name)).toEqual(['all', 'worst poles']);
  expect(listViews(database, dataset)[1]).toEqual({ name: 'worst poles', filter, sort });
  removeView(database, dataset, 'all');
  expect(listViews(database, dataset)).toHaveLength(1);
  expect(() => removeView(database, dataset, 'all')).toThrow(/no view “all”/);
});

test('a disagreement measured again, either way round, replaces the former one', () => {
  const record = {
    kind: 'disagreement' as const,
    rare: false,
    dataset,
    split: null,
    engine: 'cpu',
    values: [{ item: ids[0], value: 0.5 }],
  };
  const other = saveMeasure(database, { ...record, split: 'val', model: models[0], other: models[1] });
  const again = saveMeasure(database, { ...record, model: models[1], other: models[0] });
  expect(listMeasures(database, dataset).map(({ id }) => id)).toEqual([again, other]);
  expect(listMeasures(database, dataset)[0]).toMatchObject({
    kind: 'disagreement',
    modelName: 'b',
    otherName: 'a',
    items: 1,
    mean: 0.5,
  });
});
