import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomBits, randomUniform } from '../../../src-main/base/random.ts';
import { type ItemFilter, type ItemSort, itemFilter, itemQuery } from '../../../src-main/contract/item-query.ts';
import { classStatistics } from '../../../src-main/store/class-statistics.ts';
import { openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { saveDataset } from '../../../src-main/store/datasets.ts';
import { saveEvaluation } from '../../../src-main/store/evaluations.ts';
import { listItems, queryItems } from '../../../src-main/store/item-query.ts';
import { saveItems } from '../../../src-main/store/items.ts';
import { saveMeasure } from '../../../src-main/store/measures.ts';
import { saveModel } from '../../../src-main/store/models.ts';
import { tagItems } from '../../../src-main/store/tags.ts';

const CLASSES = 5;
const ITEMS = 300;
const SPLITS = ['train', 'val', 'test'];

/** An item as the test knows it, beside the database. */
interface Made {
  id: number;
  key: string;
  split: string;
  width: number;
  height: number;
  labels: string | null;
  pixels: number[];
  /** When it was edited last. */
  changed: string | null;
  /** Whether the folder no longer has it. */
  gone: boolean;
  tags: string[];
  mIoU: number | null;
  ious: (number | null)[];
  differing: number | null;
}

let folder: string;
let database: WritableDatabase;
let dataset: number;
let evaluation: number;
let measure: number;
let models: number[];
let made: Made[];

const draw = (purpose: string, ...at: number[]) => randomUniform(7, purpose, ...at);

function makeItem(i: number): Made {
  const labelled = i % 6 !== 0;
  const present = (c: number) => labelled && draw('present', i, c) < 0.5;
  const result = labelled && i % 7 !== 0;
  return {
    id: 0,
    key: `${SPLITS[i % 3]}/IMG_${String(randomBits(1, 'key', i)).padStart(10, '0')}`,
    split: SPLITS[i % 3],
    width: 300 + (randomBits(1, 'width', i) % 40) * 10,
    height: 200 + (randomBits(1, 'height', i) % 30) * 10,
    labels: labelled ? `l/${i}.png` : null,
    pixels: Array.from({ length: CLASSES }, (_, c) => (present(c) ? 1 + (randomBits(1, 'n', i, c) % 99) : 0)),
    changed: i % 5 === 0 ? `2026-01-${10 + (randomBits(1, 'day', i) % 20)}T00:00` : null,
    gone: i % 50 === 7,
    tags: ['dark', 'ask Åsa', '50 %'].filter((_, t) => draw('tag', i, t) < 0.3).sort(),
    mIoU: result && i % 11 !== 0 ? draw('miou', i) : null,
    ious: Array.from({ length: CLASSES }, (_, c) => (result && draw('has', i, c) < 0.6 ? draw('iou', i, c) : null)),
    differing: i % 4 === 0 ? null : Math.round(draw('differing', i) * 20) / 20,
  };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-item-query-'));
  database = openDatabase(path.join(folder, 'project.sqlite'), { create: true });
  const classes = Array.from({ length: CLASSES }, (_, c) => ({
    name: `c${c}`,
    color: [c, c, c] as [number, number, number],
  }));
  const values = new Array<number>(256).fill(255);
  const add = (root: string) => saveDataset(database, { name: 'made', layout: 'camvid', root, classes, values });
  dataset = add('/made');
  made = Array.from({ length: ITEMS }, (_, i) => makeItem(i));
  const record = ({ key, split, width, height, labels, pixels }: Made) => ({
    key,
    split,
    width,
    height,
    labels,
    pixels,
    image: 'i.png',
    hash: key,
    stamp: 's',
  });
  saveItems(database, dataset, made.map(record));
  // Another data set with the same items: nothing of it may come along.
  saveItems(database, add('/other'), made.map(record));
  const number = database.prepare('SELECT id FROM items WHERE dataset = ? AND key = ?').pluck();
  for (const item of made) item.id = number.get(dataset, item.key) as number;
  const change = database.prepare('UPDATE items SET changed = 1 WHERE id = ?');
  const edit = database.prepare(
    "INSERT INTO label_edits (item, width, height, source, changed_at, hash, source_hash) VALUES (?, 1, 1, '', ?, '', '')",
  );
  const go = database.prepare('UPDATE items SET gone = 1 WHERE id = ?');
  for (const { id, changed, gone } of made) {
    if (changed) change.run(id);
    // One that was edited and put back is not changed any more.
    if (changed || id % 9 === 0) edit.run(id, changed ?? '2026-02-01T00:00');
    if (gone) go.run(id);
  }
  for (const tag of new Set(made.flatMap(({ tags }) => tags))) {
    tagItems(database, {
      items: made.filter(({ tags }) => tags.includes(tag)).map(({ id }) => id),
      add: [tag],
      remove: [],
    });
  }
  models = ['a', 'b'].map((name) =>
    saveModel(database, {
      file: name,
      card: { name, sha256: name } as never,
      run: null,
      parameters: 7,
      macs: 9,
      inputSize: [3, 4],
    }),
  );
  evaluation = saveEvaluation(database, {
    model: models[0],
    dataset,
    split: 'val',
    step: null,
    engine: 'cpu',
    result: {
      mIoU: 0.5,
      pixelAccuracy: 0.5,
      meanAccuracy: 0.5,
      ious: [],
      confusion: [],
      outputs: CLASSES,
      images: 1,
      msPerImage: 1,
      parameters: 1,
      macs: 1,
      inputSize: [3, 4],
      items: made
        .filter((item) => item.labels && made.indexOf(item) % 7 !== 0)
        .map(({ id, mIoU, ious }) => ({ item: id, mIoU, pixelAccuracy: 0.5, ious })),
    },
  });
  measure = saveMeasure(database, {
    kind: 'disagreement',
    rare: false,
    dataset,
    split: null,
    model: models[0],
    other: models[1],
    engine: 'cpu',
    values: made
      .filter(({ differing }) => differing !== null)
      .map(({ id, differing }) => ({ item: id, value: differing! })),
  });
});

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function share(item: Made, c: number): number | null {
  const labelled = item.pixels.reduce((sum, n) => sum + n, 0);
  return labelled === 0 ? null : item.pixels[c] / labelled;
}

/** Items whose files are gone are in no list. */
const here = () => made.filter(({ gone }) => !gone);

const sorted = (found: Made[], figure: (item: Made) => number | string | null, descending = false) =>
  [...found].sort((a, b) => {
    const [one, other] = [figure(a), figure(b)];
    const byKey = a.key < b.key ? -1 : 1;
    if (one === other) return byKey;
    if (one === null || other === null) return one === null ? 1 : -1;
    return (one < other ? -1 : 1) * (descending ? -1 : 1);
  });

function ask(filter: Partial<ItemFilter>, sort: ItemSort = { by: 'key', descending: false }): number[] {
  const query = itemQuery.parse({ dataset, ...filter, sort, limit: 1000 });
  const { total, items } = queryItems(database, query);
  const ids = items.map(({ id }) => id);
  expect(total).toBe(ids.length);
  expect(listItems(database, query)).toEqual(ids);
  const page = queryItems(database, { ...query, offset: 10, limit: 25 });
  expect(page.items.map(({ id }) => id)).toEqual(ids.slice(10, 35));
  return ids;
}

/** Editing gives labels to an item that had none. */
const labelled = ({ labels, changed }: Made) => labels !== null || changed !== null;

const numbers = (items: Made[]) => items.map(({ id }) => id);
const between = (value: number | null, min: number, max: number) => value !== null && value >= min && value <= max;

/** Each filter, and the same condition on an item by hand. */
const filters: [string, () => Partial<ItemFilter>, (item: Made) => boolean][] = [
  ['nothing', () => ({}), () => true],
  ['one split', () => ({ splits: ['val'] }), ({ split }) => split === 'val'],
  ['two splits', () => ({ splits: ['val', 'test'] }), ({ split }) => split !== 'train'],
  ['a class', () => ({ classes: [2] }), ({ pixels }) => pixels[2] > 0],
  ['two classes at once', () => ({ classes: [0, 3] }), ({ pixels }) => pixels[0] > 0 && pixels[3] > 0],
  ['a share from', () => ({ shares: [{ class: 1, min: 0.3, max: null }] }), (item) => (share(item, 1) ?? 0) >= 0.3],
  [
    'a share from and to',
    () => ({ shares: [{ class: 1, min: 0.1, max: 0.4 }] }),
    (item) => between(share(item, 1), 0.1, 0.4),
  ],
  [
    'a share to, which a class that is absent is within',
    () => ({ shares: [{ class: 1, min: 0, max: 0.2 }] }),
    (item) => labelled(item) && (share(item, 1) ?? 0) <= 0.2,
  ],
  ['a width', () => ({ width: { min: 400, max: 500 } }), ({ width }) => width >= 400 && width <= 500],
  ['a height', () => ({ height: { min: null, max: 300 } }), ({ height }) => height <= 300],
  ['labels', () => ({ labelled: true }), (item) => labelled(item)],
  ['no labels', () => ({ labelled: false }), (item) => !labelled(item)],
  ['a change', () => ({ changed: true }), ({ changed }) => changed !== null],
  ['no change', () => ({ changed: false }), ({ changed }) => changed === null],
  ['a tag', () => ({ tags: ['50 %'] }), ({ tags }) => tags.includes('50 %')],
  ['two tags', () => ({ tags: ['dark', 'ask Åsa'] }), ({ tags }) => tags.includes('dark') && tags.includes('ask Åsa')],
  ['text in either case', () => ({ text: 'img_1' }), ({ key }) => key.includes('IMG_1')],
  ['text that LIKE would take for a pattern', () => ({ text: '_' }), ({ key }) => key.includes('_')],
  ['text that is in no key', () => ({ text: '%' }), () => false],
  [
    'a mean IoU',
    () => ({ scores: [{ evaluation, class: null, min: 0.2, max: 0.6 }] }),
    ({ mIoU }) => between(mIoU, 0.2, 0.6),
  ],
  [
    'a class’s IoU',
    () => ({ scores: [{ evaluation, class: 2, min: null, max: 0.5 }] }),
    ({ ious }) => between(ious[2], 0, 0.5),
  ],
  [
    'a result, whatever it is',
    () => ({ scores: [{ evaluation, class: null, min: null, max: null }] }),
    ({ mIoU }) => mIoU !== null,
  ],
  [
    'disagreement',
    () => ({ measures: [{ measure, min: 0.5, max: null }] }),
    ({ differing }) => between(differing, 0.5, 1),
  ],
  ['no items', () => ({ ids: [] }), () => false],
  [
    'items, some of which are not there',
    () => ({ ids: [...made.slice(40, 90).map(({ id }) => id), 999999], classes: [2] }),
    (item) => made.indexOf(item) >= 40 && made.indexOf(item) < 90 && item.pixels[2] > 0,
  ],
];

const sorts: [string, () => ItemSort, (item: Made) => number | string | null][] = [
  ['key', () => ({ by: 'key', descending: false }), ({ key }) => key],
  ['split', () => ({ by: 'split', descending: false }), ({ split }) => split],
  ['size', () => ({ by: 'size', descending: false }), ({ width, height }) => width * height],
  ['labelled or not', () => ({ by: 'labelled', descending: false }), (item) => (labelled(item) ? 1 : 0)],
  ['last change', () => ({ by: 'changed', descending: false }), ({ changed }) => changed],
  ['number of tags', () => ({ by: 'tags', descending: false }), ({ tags }) => tags.length],
  ['share', () => ({ by: 'share', class: 3, descending: false }), (item) => share(item, 3) || null],
  ['mean IoU', () => ({ by: 'score', evaluation, class: null, descending: false }), ({ mIoU }) => mIoU],
  ['a class’s IoU', () => ({ by: 'score', evaluation, class: 2, descending: false }), ({ ious }) => ious[2]],
  ['disagreement', () => ({ by: 'measure', measure, descending: false }), ({ differing }) => differing],
];

describe('a list', () => {
  test.each(filters)('filtered by %s holds the items that a look at each finds', (_, filter, fits) => {
    const wanted = sorted(here().filter(fits), ({ key }) => key);
    expect(ask(filter())).toEqual(numbers(wanted));
  });

  test.each(sorts)('sorted by %s is in the order that sorting by hand gives, either way', (_, sort, figure) => {
    for (const descending of [false, true]) {
      for (const filter of [{}, { classes: [2] }]) {
        const wanted = here().filter(({ pixels }) => !('classes' in filter) || pixels[2] > 0);
        expect(ask(filter, { ...sort(), descending })).toEqual(numbers(sorted(wanted, figure, descending)));
      }
    }
  });

  test('filtered by everything at once holds what fits all of it', () => {
    const names = ['two splits', 'a class', 'a height', 'no change', 'a result, whatever it is', 'disagreement'];
    const chosen = filters.filter(([name]) => names.includes(name));
    expect(chosen).toHaveLength(names.length);
    const wanted = here().filter((item) => chosen.every(([, , fits]) => fits(item)));
    expect(wanted.length).toBeGreaterThan(0);
    const filter = Object.assign({}, ...chosen.map(([, of]) => of()));
    const sort: ItemSort = { by: 'score', evaluation, class: null, descending: true };
    expect(ask(filter, sort)).toEqual(numbers(sorted(wanted, ({ mIoU }) => mIoU, true)));
  });

  test('tells of each item its tags, and the figure that it is sorted by', () => {
    const query = itemQuery.parse({ dataset, sort: { by: 'share', class: 1, descending: true }, limit: 1000 });
    for (const item of queryItems(database, query).items) {
      const own = here().find(({ id }) => id === item.id)!;
      expect(item).toMatchObject({
        key: own.key,
        tags: own.tags,
        labelled: labelled(own),
        changed: own.changed !== null,
        width: own.width,
      });
      expect(item.score).toBe(share(own, 1) || null);
    }
  });

  test('is read anew after a change', () => {
    const query = itemQuery.parse({ dataset, tags: ['new'] });
    expect(queryItems(database, query).total).toBe(0);
    tagItems(database, { items: [made[3].id, made[5].id], add: ['new'], remove: [] });
    expect(queryItems(database, query).total).toBe(2);
    const other = openDatabase(path.join(folder, 'project.sqlite'));
    tagItems(other, { items: [made[3].id], add: [], remove: ['new'] });
    other.close();
    expect(queryItems(database, query).items.map(({ id }) => id)).toEqual([made[5].id]);
    tagItems(database, { items: [made[5].id], add: [], remove: ['new'] });
  });
});

test('classes are counted over the items of a filter, alone and two by two', () => {
  const filter = itemFilter.parse({ splits: ['val', 'train'], width: { max: 600 } });
  const found = here().filter(({ split, width }) => split !== 'test' && width <= 600);
  const counted = classStatistics(database, dataset, filter);
  expect(counted.items).toBe(found.length);
  expect(counted.labelled).toBe(found.filter(labelled).length);
  for (let a = 0; a < CLASSES; a++) {
    expect(counted.images[a]).toBe(found.filter(({ pixels }) => pixels[a] > 0).length);
    expect(counted.pixels[a]).toBe(found.reduce((sum, { pixels }) => sum + pixels[a], 0));
    for (let b = 0; b < CLASSES; b++) {
      const both = found.filter(({ pixels }) => pixels[a] > 0 && pixels[b] > 0).length;
      expect(counted.together[a * CLASSES + b]).toBe(both);
    }
  }
  expect(classStatistics(database, dataset, itemFilter.parse({ labelled: false }))).toMatchObject({
    labelled: 0,
    images: [0, 0, 0, 0, 0],
  });
});
