/** Every layout has a small data set here, which its reader and no other takes, whole. */
import { describe, expect, test } from 'vitest';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { LAYOUTS, openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker } from './files.ts';
import { SMALL } from './small.ts';
import { HEIGHT, WIDTH } from './small-parts.ts';

const made = folderMaker();

test('there is one for each layout', () => {
  expect(SMALL.map(({ layout, title }) => [layout, title]).sort()).toEqual(
    LAYOUTS.map(({ name, title }) => [name, title]).sort(),
  );
});

describe.each(SMALL.map((one) => [one.layout, one] as const))('%s', (_, small) => {
  test('is read whole, and each half of its images is of its class', () => {
    const root = made(small.files);
    const found = openDataset(root, small.chosen ? { layout: small.layout } : null);
    expect(found.layout).toBe(small.layout);
    expect(found.classes).toHaveLength(small.classes);
    expect(Object.fromEntries(Map.groupBy(found.items, (item) => item.split))).toMatchObject(
      Object.fromEntries(Object.entries(small.splits).map(([split, count]) => [split, { length: count }])),
    );
    const labelled = found.items.filter((item) => item.labels !== null);
    expect([found.items.length, labelled.length, found.problems]).toEqual([small.items, small.labelled, []]);
    for (const item of labelled) {
      expect(indexItem(root, item, found.table, found.classes.length).problems).toEqual([]);
      const labels = readItem(root, item, found.table).labels!;
      const wrong = labels.findIndex((label, i) => {
        const { name, color } = small.halves[i % WIDTH < WIDTH / 2 ? 0 : 1];
        return found.classes[label]?.name !== name || String(found.classes[label].color) !== String(color);
      });
      expect(wrong).toBe(-1);
      expect(labels).toHaveLength(WIDTH * HEIGHT);
    }
  });
});
