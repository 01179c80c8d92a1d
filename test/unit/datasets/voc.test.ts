import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, INTEROP, pngOf, rowsOf } from './files.ts';

const picture = encodeImage({ width: 3, height: 1, data: new Uint8Array(9) });
const colours = (...data: number[]) => encodeImage({ width: 3, height: 1, data: Uint8Array.from(data) });
const made = folderMaker();

function mapOf(root: string, key: string): string {
  const found = openDataset(root);
  return rowsOf(readItem(root, found.items.find((one) => one.key === key)!, found.table).labels, 3)[0];
}

describe('Pascal VOC', () => {
  test('lists, palette indices and colours, void', () => {
    const root = made({
      'JPEGImages/a.png': picture,
      'JPEGImages/b.jpg': picture,
      'JPEGImages/c.png': picture,
      'JPEGImages/unlisted.png': picture,
      'SegmentationClass/a.png': pngOf({ width: 3, height: 1, depth: 8, colour: 3, values: [0, 15, 255] }),
      'SegmentationClass/b.png': colours(0, 0, 0, 192, 128, 128, 224, 224, 192),
      'ImageSets/Segmentation/train.txt': 'a\r\nb\r\n',
      'ImageSets/Segmentation/val.txt': 'c\nlost\n../../x\n',
      'ImageSets/Segmentation/trainval.txt': 'a\nb\nc\n',
    });
    const found = openDataset(root);
    expect([found.layout, found.classes.length, found.classes[15]]).toEqual([
      'voc',
      21,
      { name: 'person', color: [192, 128, 128] },
    ]);
    expect(found.items.map((item) => [item.key, item.image, item.labels !== null])).toEqual([
      ['train/a', 'JPEGImages/a.png', true],
      ['train/b', 'JPEGImages/b.jpg', true],
      ['val/c', 'JPEGImages/c.png', false],
    ]);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('names lost'),
      expect.stringContaining('names ../../x'),
    ]);
    expect([mapOf(root, 'train/a'), mapOf(root, 'train/b')]).toEqual(['0f.', '0f.']);
  });

  test('labelmap.txt, as CVAT writes it: its classes, an unknown colour, one colour twice', () => {
    const root = made({
      'JPEGImages/a.png': picture,
      'SegmentationClass/a.png': colours(0, 0, 0, 10, 20, 30, 9, 9, 9),
      'ImageSets/Segmentation/default.txt': 'a\n',
      'labelmap.txt': '# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:10,20,30::\nroof:10,20,30::\nbad\n',
    });
    const found = openDataset(root);
    expect(found.classes.map((one) => one.name)).toEqual(['background', 'road', 'roof']);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('line 5'),
      expect.stringContaining('gives roof and road one colour'),
    ]);
    const item = indexItem(root, found.items[0], found.table, 3);
    expect(item.pixels).toEqual([1, 1, 0]);
    expect(item.problems.map((one) => one.message)).toEqual([expect.stringContaining('colour (9, 9, 9) (1 pixels)')]);
  });

  test('boxes only, and a label map that is none', () => {
    const boxes = openDataset(made({ 'JPEGImages/a.png': picture, 'Annotations/a.xml': '<annotation/>' }));
    expect(boxes.items).toEqual([{ key: 'train/a', split: 'train', image: 'JPEGImages/a.png', labels: null }]);
    expect(boxes.problems[0].message).toContain('boxes only');
    const root = made({ 'JPEGImages/a.png': picture, 'SegmentationClass/a.png': 'x' });
    const found = openDataset(root);
    expect(indexItem(root, found.items[0], found.table, 21)).toMatchObject({
      labelled: false,
      problems: [{ path: 'SegmentationClass/a.png' }],
    });
  });

  const real = path.join(INTEROP, 'voc');
  test.skipIf(!existsSync(real))('one that Datumaro wrote (skipped where ../shared is missing)', () => {
    const found = openDataset(real);
    expect(found).toMatchObject({ layout: 'voc', problems: [] });
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/2007_000001', true],
      ['test/2007_000002', false],
    ]);
    const item = indexItem(real, found.items[0], found.table, 21);
    expect([item.pixels[2], item.problems]).toEqual([200, []]);
  });
});
