import { expect, test } from 'vitest';
import type { FoundItem } from '../../../src-main/contract/dataset.ts';
import { choose, exampleOf, spread } from '../../../src-main/datasets/examples.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker } from './files.ts';
import { SMALL } from './small.ts';
import { HEIGHT, WIDTH } from './small-parts.ts';

const made = folderMaker();

const itemsOf = (split: string, count: number, labelled: boolean): FoundItem[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `${split}/${i}`,
    split,
    image: `${split}/${i}.png`,
    labels: labelled ? `${split}/l${i}.png` : null,
  }));

test('items are spread over splits, from the first to the last, the labelled ones first', () => {
  const items = [...itemsOf('train', 100, true), ...itemsOf('val', 7, true), ...itemsOf('test', 9, false)];
  const found = spread(items, 12);
  expect(Object.fromEntries(Map.groupBy(found, (item) => item.split))).toMatchObject({
    train: { length: 4 },
    val: { length: 4 },
    test: { length: 4 },
  });
  expect(found.filter((item) => item.split === 'train').map((item) => item.key)).toEqual([
    'train/0',
    'train/33',
    'train/66',
    'train/99',
  ]);
  const mixed = [...itemsOf('train', 50, false), ...itemsOf('train', 3, true)];
  expect(spread(mixed, 5).filter((item) => item.labels !== null)).toHaveLength(3);
  expect(spread(items.slice(0, 5), 12)).toEqual(items.slice(0, 5));
  const many = Array.from({ length: 40 }, (_, i) => itemsOf(`split ${i}`, 2, true)).flat();
  expect(new Set(spread(many, 12).map((item) => item.split)).size).toBe(12);
});

test('those that show other classes come first, split by split; what cannot be read is never shown', () => {
  const looked = [
    { readable: true, labelled: true, pixels: [9, 0, 0, 0] },
    { readable: true, labelled: true, pixels: [5, 0, 0, 0] },
    { readable: true, labelled: true, pixels: [1, 0, 4, 0] },
    { readable: false, labelled: false, pixels: [0, 0, 0, 0] },
    { readable: true, labelled: false, pixels: [0, 0, 0, 0] },
    { readable: true, labelled: true, pixels: [0, 3, 0, 0] },
    { readable: true, labelled: true, pixels: [2, 0, 0, 0] },
  ];
  const splits = ['train', 'train', 'train', 'train', 'train', 'val', 'val'];
  // Of train the one with two classes, of val the one with the new class, then what is left in turn.
  expect(choose(looked, splits, 2)).toEqual([2, 5]);
  expect(choose(looked, splits, 4)).toEqual([0, 2, 5, 6]);
  expect(choose(looked, splits, 9)).toEqual([0, 1, 2, 4, 5, 6]);
});

test('an example’s label map has the size of its picture', () => {
  const small = SMALL.find((one) => one.layout === 'camvid')!;
  const found = openDataset(made(small.files));
  const { image, labels } = exampleOf(found, found.items[0]);
  expect([...image.subarray(0, 2)]).toEqual([0xff, 0xd8]);
  expect([labels!.width, labels!.height]).toEqual([WIDTH, HEIGHT]);
  expect([...labels!.data.subarray(WIDTH / 2 - 1, WIDTH / 2 + 1)]).toEqual([0, 3]);
  expect(exampleOf(found, found.items[2]).labels).toBeNull();
});
