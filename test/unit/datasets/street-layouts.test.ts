/** Layouts that hold label maps as files: Cityscapes, ADE20K, BDD100K, GTA5 and the plain folder. */
import { describe, expect, test } from 'vitest';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, pngOf, rowsOf } from './files.ts';

const picture = encodeImage({ width: 4, height: 1, data: new Uint8Array(12) });
const map = (...values: number[]) => encodeLabels({ width: 4, height: 1, data: Uint8Array.from(values) });
const made = folderMaker();

/** Each item's key with its label map. */
function rows(root: string): Record<string, string | null> {
  const found = openDataset(root);
  const table = found.table;
  return Object.fromEntries(
    found.items.map((item) => [item.key, item.labels && rowsOf(readItem(root, item, table).labels, 4)[0]]),
  );
}
const told = (root: string) => openDataset(root).problems.map((problem) => problem.message);

describe('Cityscapes', () => {
  const at = (kind: string) => `gtFine/train/ulm/${kind}_gtFine_`;
  const image = (name: string) => `leftImg8bit/train/ulm/${name}_leftImg8bit.png`;
  const polygons = (objects: unknown[]) => JSON.stringify({ imgWidth: 4, imgHeight: 1, objects });
  const line = (label: string, from: number, to: number, extra: object = {}) => ({
    label,
    polygon: [
      [from, 0],
      [to, 0],
      [to, 0],
    ],
    ...extra,
  });

  test('labels from whichever file is there', () => {
    const instances = pngOf({ width: 4, height: 1, depth: 16, colour: 0, values: [26_001, 7, 24_012, 4] });
    const objects = [
      line('road', 0, 3),
      line('cargroup', 1, 2),
      line('sky', 0, 3, { deleted: 1 }),
      line('license plate', 0, 0),
      line('caravan', 3, 9),
    ];
    const root = made({
      [image('a')]: picture,
      [`${at('a')}labelIds.png`]: map(7, 33, 0, 255),
      [`${at('a')}labelTrainIds.png`]: 'not read',
      [image('b')]: picture,
      [`${at('b')}labelTrainIds.png`]: map(0, 18, 255, 19),
      [image('c')]: picture,
      [`${at('c')}instanceIds.png`]: instances,
      [image('d')]: picture,
      [`${at('d')}polygons.json`]: polygons(objects),
      [image('e')]: picture,
    });
    expect(openDataset(root)).toMatchObject({ layout: 'cityscapes', problems: [] });
    expect(rows(root)).toEqual({
      'train/ulm/a': '0i..',
      'train/ulm/b': '0i..',
      'train/ulm/c': 'd0b.',
      'train/ulm/d': '0dd.',
      'train/ulm/e': null,
    });
    const found = openDataset(root);
    const outside = indexItem(root, found.items[1], found.table, 19);
    expect(outside.problems).toHaveLength(1);
    expect(indexItem(root, found.items[0], found.table, 19).problems).toEqual([]);
  });

  test('bad polygons are told', () => {
    const root = made({
      [image('a')]: picture,
      [`${at('a')}polygons.json`]: polygons([
        line('road', 0, 1),
        line('ufo', 0, 1),
        { label: 'sky', polygon: [[1, 2]] },
        4,
      ]),
      [image('b')]: picture,
      [`${at('b')}polygons.json`]: '{',
      'leftImg8bit/train/ulm/other.png': picture,
    });
    expect(rows(root)).toEqual({ 'train/ulm/a': '00..', 'train/ulm/b': null });
    expect(told(root)).toEqual([
      expect.stringContaining('“ufo”'),
      expect.stringContaining('object 3'),
      expect.stringContaining('object 4'),
      expect.stringContaining('not readable JSON'),
      expect.stringContaining('other.png'),
    ]);
  });
});

test('ADE20K: values from 1 on, names of its table', () => {
  const root = made({
    'images/training/a.jpg': picture,
    'annotations/training/a.png': map(0, 1, 150, 2),
    'images/validation/b.jpg': picture,
    'objectInfo150.txt':
      'Idx\tRatio\tTrain\tVal\tName\n1\t0.1\t1\t1\twall\n2\t0.1\t1\t1\tbuilding, edifice\n150\t0\t1\t1\tflag\n',
  });
  const found = openDataset(root);
  expect([found.layout, found.problems, found.classes.length]).toEqual(['ade20k', [], 150]);
  expect([0, 1, 2, 149].map((c) => found.classes[c].name)).toEqual(['wall', 'building', 'class 3', 'flag']);
  const labels = readItem(root, found.items[0], found.table).labels;
  expect([found.items.map((item) => item.key), [...labels!]]).toEqual([
    ['train/a', 'val/b'],
    [255, 0, 149, 1],
  ]);
});

test('BDD100K: train ids', () => {
  const root = made({
    'images/10k/val/a.jpg': picture,
    'labels/sem_seg/masks/val/a.png': map(0, 18, 255, 1),
    'images/10k/test/b.jpg': picture,
  });
  expect(openDataset(root)).toMatchObject({ layout: 'bdd100k', problems: [] });
  expect(rows(root)).toEqual({ 'val/a': '0i.1', 'test/b': null });
});

test('GTA5: label ids in a palette, the license plate ignored', () => {
  const labels = pngOf({ width: 4, height: 1, depth: 8, colour: 3, values: [7, 33, 34, 0] });
  const root = made({ 'images/00001.png': picture, 'labels/00001.png': labels, 'images/00002.png': picture });
  expect(openDataset(root)).toMatchObject({ layout: 'gta5', problems: [] });
  expect(rows(root)).toEqual({ 'train/00001': '0i..', 'train/00002': null });
});

describe('a plain folder', () => {
  test('with splits and without', () => {
    const one = made({
      'classes.txt': 'road\r\nsky\r\n\r\n',
      'images/00001.png': picture,
      'labels/00001.png': map(0, 1, 255, 0),
    });
    expect(openDataset(one)).toMatchObject({ layout: 'plain', classes: [{ name: 'road' }, { name: 'sky' }] });
    expect(rows(one)).toEqual({ 'train/00001': '01.0' });
    const two = made({
      'classes.txt': 'a\nb',
      'images/stray.png': picture,
      'images/valid/x.png': picture,
      'labels/valid/x.png': map(0, 0, 1, 9),
    });
    expect(rows(two)).toEqual({ 'val/x': '001.' });
    expect(told(two)).toEqual([expect.stringContaining('images/stray.png')]);
  });

  test.each([
    ['twice the same', 'road\nroad\n', 'line 2'],
    ['an empty line', 'road\n\nsky\n', 'line 2'],
    ['too many', Array.from({ length: 300 }, (_, i) => `c${i}`).join('\n'), '300 classes'],
  ])('%s is refused', (_, content, words) => {
    const root = made({ 'classes.txt': content, 'images/a.png': picture, 'labels/a.png': map(0, 0, 0, 0) });
    expect(() => openDataset(root)).toThrow(words);
  });
});
