import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, INTEROP, rowsOf } from './files.ts';

const picture = encodeImage({ width: 6, height: 4, data: new Uint8Array(72).fill(100) });
const made = folderMaker();

const shape = (label: string, points: number[], shape_type = 'polygon', extra: object = {}) => ({
  label,
  points: Array.from({ length: points.length / 2 }, (_, i) => points.slice(2 * i, 2 * i + 2)),
  shape_type,
  group_id: null,
  flags: {},
  ...extra,
});
const file = (imagePath: string, shapes: unknown[], extra: object = {}) =>
  JSON.stringify({
    version: '5.4.1',
    flags: {},
    shapes,
    imagePath,
    imageData: null,
    imageHeight: 4,
    imageWidth: 6,
    ...extra,
  });

function mapOf(root: string, key: string): string[] {
  const found = openDataset(root);
  const item = found.items.find((one) => one.key === key)!;
  return rowsOf(readItem(root, item, found.table).labels, 6);
}

describe('labelme', () => {
  test('shapes of all kinds in file order, background and ignore', () => {
    const mask = Buffer.from(encodeLabels({ width: 2, height: 1, data: Uint8Array.of(0, 1) })).toString('base64');
    const root = made({
      'a.png': picture,
      'a.json': file('a.png', [
        shape('tree', [0, 0, 3, 0, 3, 1, 0, 1]),
        shape('car', [2, 1, 4, 2], 'rectangle'),
        shape('__ignore__', [5, 3, 9, 9], 'rectangle'),
        shape('tree', [4, 0, 5, 0], 'mask', { mask }),
      ]),
    });
    const found = openDataset(root);
    expect(found).toMatchObject({ layout: 'labelme', problems: [] });
    expect(found.classes.map((one) => one.name)).toEqual(['_background_', 'car', 'tree']);
    expect(mapOf(root, 'train/a')).toEqual(['222202', '221110', '001110', '00000.']);
  });

  test('folders that are splits, images elsewhere, Windows paths, labels.txt', () => {
    const root = made({
      'labels.txt': '__ignore__\n_background_\ntree\ncar\n',
      'train/a.png': picture,
      'train/a.json': file('..\\train\\a.png', [shape('car', [0, 0, 1, 1], 'rectangle')]),
      'val/b.png': picture,
      'images/c.png': picture,
      'annotations/c.json': file('../images/c.png', [shape('tree', [0, 0, 1, 1], 'rectangle')]),
    });
    const found = openDataset(root);
    expect(found.problems).toEqual([]);
    expect(found.classes.map((one) => one.name)).toEqual(['_background_', 'tree', 'car']);
    expect(found.items.map((item) => [item.key, item.split, item.labels !== null])).toEqual([
      ['images/c', 'train', true],
      ['train/a', 'train', true],
      ['val/b', 'val', false],
    ]);
    expect(mapOf(root, 'train/a')[0]).toBe('220000');
  });

  test('what is bad is told by its path and stops nothing', () => {
    const flood = `{"shapes":${'['.repeat(100_000)}`;
    const root = made({
      'a.png': picture,
      'a.json': file('a.png', [
        shape('car', [0, 0, 1, 1]),
        shape('car', [0, 0, 1, 1], 'circle').points,
        shape('car', [0, 0, 1, 1], 'cube'),
        shape('car', [0, 0, 1, 1], 'mask', { mask: 'AAAA' }),
        shape('car', [0, 0, 1, 1], 'line'),
        { ...shape('car', []), points: [[1, 'x']] },
        shape('car', [0, 3, 0, 3], 'rectangle'),
      ]),
      'b.png': picture,
      'b.json': '{"shapes": [',
      'c.json': file('c.png', []),
      'd.png': picture,
      'd.json': flood,
      'e.json': file('../../../etc/passwd', []),
      'f.json': '[1, 2]',
      'g.png': picture,
      'g.json': file('g.png', [], { imageWidth: 60_000, imageHeight: 60_000 }),
    });
    const found = openDataset(root);
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/a', true],
      ['train/b', false],
      ['train/d', false],
      ['train/g', true],
    ]);
    const paths = found.problems.map((problem) => problem.path);
    expect(paths).toEqual([...Array(5).fill('a.json'), 'b.json', 'c.json', 'd.json', 'e.json', 'f.json']);
    expect(mapOf(root, 'train/a')).toEqual(['000000', '000000', '000000', '100000']);
    const index = (key: string) =>
      indexItem(root, found.items.find((item) => item.key === key)!, found.table, found.classes.length);
    expect(index('train/a').problems.map((problem) => [problem.path, problem.message])).toEqual([
      ['a.png', expect.stringContaining('a.json, a.png: shape 1 of 2 was left out: its mask cannot be read')],
    ]);
    expect(index('train/g')).toMatchObject({ labelled: false, problems: [{ path: 'a.png'.replace('a', 'g') }] });
  });

  const real = path.join(INTEROP, 'labelme');
  test.skipIf(!existsSync(real))('a real one (skipped where ../shared is missing)', () => {
    const found = openDataset(real);
    expect(found).toMatchObject({ layout: 'labelme', problems: [] });
    expect(found.classes.map((one) => one.name)).toEqual(['_background_', 'bottle', 'person']);
    const item = indexItem(real, found.items[0], found.table, 3);
    expect(item).toMatchObject({ key: 'train/2011_000003', labelled: true, width: 500, height: 338, problems: [] });
    // What Pillow counts for the same polygons; it rounds its slanted outlines otherwise.
    for (const [i, pixels] of [125_787, 873, 32_880].entries()) {
      expect(Math.abs(item.pixels[i] - pixels)).toBeLessThan(250);
    }
  });
});
