import { expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, rowsOf } from './files.ts';

const made = folderMaker();
const picture = encodeImage({ width: 6, height: 4, data: new Uint8Array(72) });
const labels = (...names: string[]) => ({
  label: { labels: names.map((name) => ({ name, parent: '', attributes: [] })), attributes: [] },
});
const file = (categories: object, items: object[]) => JSON.stringify({ info: {}, categories, items });
const size = [4, 6];

test('masks, polygons, boxes and ellipses lie in the order of z_order; subsets are splits', () => {
  const root = made({
    'images/train/a b.png': picture,
    'images/sub/c.png': picture,
    'annotations/train.json': file(
      { ...labels('car', 'background', 'tree'), mask: { colormap: [{ label_id: 2, r: 1, g: 2, b: 3 }] } },
      [
        {
          id: 'a b',
          image: { path: 'a b.png', size },
          annotations: [
            { type: 'polygon', label_id: 2, z_order: 3, points: [0, 0, 2, 0, 2, 4, 0, 4] },
            { type: 'bbox', label_id: 0, z_order: 1, bbox: [0, 0, 6, 2] },
            { type: 'mask', label_id: 1, z_order: 2, rle: { counts: [20, 4], size } },
            { type: 'caption', caption: 'a street' },
            { type: 'label', label_id: 0 },
            { type: 'points', label_id: 0, points: [1, 1] },
          ],
        },
      ],
    ),
    // The image's size is not told: it is read.
    'annotations/default.json': file(labels('tree'), [
      { id: 'sub/c', annotations: [{ type: 'ellipse', label_id: 0, z_order: 0, points: [0, 0, 6, 4] }] },
    ]),
  });
  const found = openDataset(root);
  expect([found.layout, found.classes.map((one) => one.name)]).toEqual(['datumaro', ['background', 'tree', 'car']]);
  expect(found.classes[1].color).toEqual([1, 2, 3]);
  expect(found.items.map((item) => [item.key, item.split])).toEqual([
    ['train/sub/c', 'train'],
    ['train/a b', 'train'],
  ]);
  const rows = (key: string) =>
    rowsOf(readItem(root, found.items.find((item) => item.key === key)!, found.table).labels, 6);
  expect(rows('train/a b')).toEqual(['112220', '112220', '110000', '110000']);
  expect(rows('train/sub/c')).toEqual(['011110', '111111', '111111', '011110']);
  expect(found.problems.map((problem) => problem.message)).toEqual([
    'annotations/train.json: annotations without an area were left out: 1 caption, 1 label, 1 points.',
  ]);
});

test('a box in a group with an outline of its label only says where that lies; others are areas', () => {
  const group = (type: string, number: number, label_id: number, more: object) => {
    return { type, label_id, group: number, z_order: 0, ...more };
  };
  const root = made({
    'images/train/a.png': picture,
    'annotations/train.json': file(labels('car', 'tree'), [
      {
        id: 'a',
        image: { path: 'a.png', size },
        annotations: [
          group('polygon', 1, 0, { points: [0, 0, 2, 0, 2, 2, 0, 2] }),
          group('bbox', 1, 0, { bbox: [0, 0, 4, 4] }),
          group('bbox', 1, 1, { bbox: [5, 0, 1, 1] }),
          group('bbox', 2, 1, { bbox: [5, 3, 1, 1] }),
          group('bbox', 0, 1, { bbox: [0, 3, 1, 1] }),
        ],
      },
    ]),
  });
  const { items, table } = openDataset(root);
  expect(rowsOf(readItem(root, items[0], table).labels, 6)).toEqual(['110002', '110000', '000000', '200002']);
});

test('what is wrong with single records is told, and the rest is read', () => {
  const annotation = (extra: object) => ({ type: 'polygon', label_id: 0, z_order: 0, ...extra });
  const points = [0, 0, 6, 0, 6, 4];
  const good = annotation({ points });
  const root = made({
    'images/a.png': picture,
    'images/b.png': picture,
    'annotations/default.json': file(labels('car'), [
      {
        id: 'a',
        image: { path: 'a.png', size },
        annotations: [
          good,
          annotation({ points: [0, 0, 1] }),
          annotation({ points, label_id: 7 }),
          annotation({ type: 'mask', rle: { counts: 'x', size: [9, 9] } }),
          annotation({ type: 'mask', rle: { counts: [-1], size } }),
          annotation({ type: 'spline' }),
          annotation({ type: 'bbox', bbox: [1, 2] }),
          null,
        ],
      },
      { id: 'b', image: { path: '../../etc/b.png', size }, annotations: [] },
      { id: 'gone', annotations: [] },
      { annotations: [] },
    ]),
    'annotations/broken.json': '{"dm_format_version": "1.0", ',
  });
  const found = openDataset(root);
  expect(found.items.map((item) => [item.image, item.labels !== null])).toEqual([
    ['images/a.png', true],
    ['images/b.png', false],
  ]);
  const told = found.problems.map((problem) => problem.message).join('\n');
  for (const words of [
    'no list of three points',
    'its label is not listed',
    'another size than its image',
    'run lengths are of another form',
    '“spline” are not known',
    'its box is not four numbers',
    'it is of another form',
    'item gone left out: there is no such image',
    'item 4 left out',
    'broken.json is not readable JSON',
  ]) {
    expect(told).toContain(words);
  }
});

test('COCO’s files and others in annotations are none of its', () => {
  const coco = { info: {}, licenses: [], categories: [{ id: 1, name: 'car' }], images: [], annotations: [] };
  const root = made({
    'annotations/some.json': JSON.stringify(coco),
    'annotations/x.json/a.txt': '',
    'a.png': picture,
  });
  expect(() => openDataset(root)).toThrow(/no data set that Stillroom knows/);
});
