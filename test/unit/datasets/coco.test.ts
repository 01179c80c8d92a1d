import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, INTEROP, rowsOf } from './files.ts';

const picture = encodeImage({ width: 4, height: 3, data: new Uint8Array(36) });
const made = folderMaker();

const image = (id: number, file_name: string) => ({ id, file_name, width: 4, height: 3 });
const categories = [
  { id: 90, name: 'car', supercategory: '' },
  { id: 3, name: 'tree', supercategory: '' },
];
const file = (content: object) => JSON.stringify({ info: {}, licenses: [], categories, ...content });

function rows(root: string, key: string): string[] {
  const found = openDataset(root);
  return rowsOf(readItem(root, found.items.find((one) => one.key === key)!, found.table).labels, 4);
}
const index = (root: string, at: number) => {
  const found = openDataset(root);
  return indexItem(root, found.items[at], found.table, found.classes.length);
};

describe('COCO instances', () => {
  const annotation = (image_id: number, category_id: number, segmentation: unknown, extra: object = {}) => ({
    id: 1,
    image_id,
    category_id,
    segmentation,
    iscrowd: 0,
    ...extra,
  });

  test('polygons, run lengths of both kinds, crowds below, background', () => {
    const annotations = [
      annotation(7, 90, [
        [0, 0, 2, 0, 2, 1, 0, 1],
        [3, 2, 4, 2, 4, 3, 3, 3],
      ]),
      annotation(7, 3, { counts: [0, 6, 6], size: [3, 4] }, { iscrowd: 1 }),
      annotation(8, 3, { counts: '039', size: [3, 4] }),
    ];
    const root = made({
      'annotations/instances_train2017.json': file({ images: [image(7, 'a.png'), image(8, 'b.png')], annotations }),
      'annotations/instances_val2017.json': file({
        images: [image(7, 'sub/c.png')],
        annotations: [annotation(9, 3, [])],
      }),
      'train2017/a.png': picture,
      'images/train/b.png': picture,
      'val2017/sub/c.png': picture,
    });
    const found = openDataset(root);
    expect([found.layout, found.classes.map((one) => one.name)]).toEqual([
      'coco-instances',
      ['background', 'tree', 'car'],
    ]);
    expect(found.items.map((item) => [item.key, item.split, item.image])).toEqual([
      ['train/a', 'train', 'train2017/a.png'],
      ['train/b', 'train', 'images/train/b.png'],
      ['val/sub/c', 'val', 'val2017/sub/c.png'],
    ]);
    expect(rows(root, 'train/a')).toEqual(['2200', '1100', '1102']);
    expect(rows(root, 'train/b')).toEqual(['1000', '1000', '1000']);
    expect(rows(root, 'val/sub/c')).toEqual(['0000', '0000', '0000']);
    expect(found.problems.map((problem) => problem.message)).toEqual([expect.stringContaining('image is not listed')]);
  });

  test('what is bad is told once for each kind and stops nothing', () => {
    const annotations = [
      annotation(1, 3, []),
      annotation(2, 3, [[0, 0, 1, 1]]),
      annotation(2, 3, { counts: [12], size: [4, 3] }),
      annotation(2, 55, [[0, 0, 4, 0, 4, 3]]),
      annotation(2, 3, { counts: [1, 1], size: [3, 4] }),
      annotation(5, 3, []),
      'text',
      { __proto__: null, image_id: {} },
    ];
    const images = [
      image(1, 'a.png'),
      image(2, 'b.png'),
      image(2, 'a.png'),
      image(5, '../../../up.png'),
      { id: 6 },
      null,
    ];
    const root = made({
      'annotations/instances_train.json': file({ images, annotations }),
      'annotations/instances_val.json': '{"images": 1}',
      'annotations/instances_test.json': '{',
      'images/a.png': picture,
      'images/b.png': picture,
      'up.png': picture,
    });
    const found = openDataset(root);
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/a', false],
      ['train/b', true],
    ]);
    const told = found.problems.map((problem) => problem.message).join('\n');
    for (const words of [
      'box only',
      'three points',
      'another size',
      'category is not listed',
      '../../../up.png left out',
      'another form',
      'another image has this id',
      'lacks an id',
      'instances_val.json is wrong',
      'instances_test.json is not readable',
    ]) {
      expect(told).toContain(words);
    }
    expect(index(root, 1).problems).toEqual([
      { path: 'images/b.png', message: expect.stringContaining('run lengths are of 2 pixels, not of 12') },
    ]);
  });

  const real = path.join(INTEROP, 'coco/instances');
  test.skipIf(!existsSync(real))('one that Datumaro wrote (skipped where ../shared is missing)', () => {
    const found = openDataset(real);
    expect([found.layout, found.classes.map((one) => one.name)]).toEqual([
      'coco-instances',
      ['background', 'a', 'b', 'c'],
    ]);
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/a', false],
      ['val/b', true],
    ]);
    expect(found.problems).toEqual([
      { path: 'annotations/instances_train.json', message: expect.stringContaining('box only') },
    ]);
    expect(index(real, 1)).toMatchObject({ pixels: [30, 2, 18, 0], problems: [] });
  });
});

describe('COCO panoptic', () => {
  /** Segment numbers as colours. */
  const segments = (...ids: number[]) =>
    encodeImage({
      width: 4,
      height: 3,
      data: Uint8Array.from({ length: 36 }, (_, i) => (ids[Math.floor(i / 3) % ids.length] >> (8 * (i % 3))) & 255),
    });

  test('segments by their numbers, void, and what one side lacks', () => {
    const annotations = [
      {
        image_id: 1,
        file_name: 'a.png',
        segments_info: [
          { id: 70_000, category_id: 90 },
          { id: 258, category_id: 3 },
          { id: 5, category_id: 3 },
          { id: -1, category_id: 3 },
        ],
      },
      { image_id: 2, file_name: 'gone.png', segments_info: [] },
    ];
    const root = made({
      'annotations/panoptic_val2017.json': file({ images: [image(1, 'a.jpg'), image(2, 'b.jpg')], annotations }),
      'annotations/panoptic_val2017/a.png': segments(70_000, 258, 0, 9),
      'val2017/a.jpg': picture,
      'val2017/b.jpg': picture,
    });
    const found = openDataset(root);
    expect([found.layout, found.classes.map((one) => one.name)]).toEqual(['coco-panoptic', ['tree', 'car']]);
    expect(found.items.map((item) => item.labels !== null)).toEqual([true, false]);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('segment 4 of a.png'),
      expect.stringContaining('gone.png left out: there is no such PNG'),
    ]);
    expect(rows(root, 'val/a')).toEqual(['10..', '10..', '10..']);
    expect(index(root, 0).problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('the colour (9, 0, 0)'),
      expect.stringContaining('it lacks the colour (5, 0, 0)'),
    ]);
  });

  const real = path.join(INTEROP, 'coco/panoptic');
  test.skipIf(!existsSync(real))('one that Datumaro wrote (skipped where ../shared is missing)', () => {
    const found = openDataset(real);
    expect([found.layout, found.classes.map((one) => one.name), found.problems]).toEqual([
      'coco-panoptic',
      ['a', 'b'],
      [],
    ]);
    expect(index(real, 0)).toMatchObject({
      labelled: false,
      problems: [{ message: expect.stringContaining('5×5 pixels') }],
    });
    expect(index(real, 1)).toMatchObject({ key: 'val/b', labelled: true, problems: [] });
  });
});
