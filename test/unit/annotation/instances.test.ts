/** Instances through every format that holds them by their pixels, with numbers of up to 16 bits. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabelledItem } from '../../../src-main/annotation/format.ts';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { openDocument, readDocument } from '../../../src-main/datasets/read-document.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderOf } from '../datasets/files.ts';
import { labelMap } from './maps.ts';

const CLASSES = ['background', 'person', 'car', 'sky'].map((name, i) => ({
  name,
  color: [10 * i + 1, 20, 30] as [number, number, number],
}));
const CITY = ['sky', 'person', 'car', 'bicycle'].map((name, i) => ({ ...CLASSES[i], name }));

/** Label maps whose pixels are of no instance or of one of up to 30, with numbers from all 16 bits. */
const numbered = labelMap(4, 20).chain((map) => {
  const size = map.labels.length;
  return fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(40), { minLength: size, maxLength: size }),
    )
    .map(([numbers, places]): LabelledItem => {
      const instances = Uint16Array.from(places, (place, i) => {
        // An instance is of one class.
        const own = numbers.filter((_, n) => n % 4 === map.labels[i]);
        return map.labels[i] === IGNORE ? 0 : (own[place] ?? 0);
      });
      return { split: 'train', name: 'day/a', extension: '.png', ...map, instances };
    });
});

/** Written in a format and opened again. @param but files that are taken away first */
function throughFormat(name: string, item: LabelledItem, classes = CLASSES, but = /^$/) {
  const { width, height } = item;
  const format = formatOf(name);
  const dataset = { name: 'Streets', classes, items: [item], ignoring: 0, shaped: true };
  const writer = format.writer(dataset);
  const files = [...writer.item(item), ...writer.end()]
    .filter((file) => !but.test(file.path))
    .map((file): [string, Uint8Array | string] => [file.path, file.data]);
  const image = encodeImage({ width, height, data: new Uint8Array(3 * width * height) });
  const root = folderOf(Object.fromEntries([...files, [format.image(item, dataset), image]]));
  try {
    const found = openDataset(root);
    expect(found.problems).toEqual([]);
    const document = readDocument(openDocument(root, found.items[0].labels!), found.table, item);
    return { ...document, names: Array.from(document.classes, (label) => found.classes[label]?.name) };
  } finally {
    rmSync(path.resolve(root), { recursive: true, force: true });
  }
}

/** The same instances, whatever their numbers: each pixel's by the first pixel that it has. */
function partition(instances: ArrayLike<number>): number[] {
  const first = new Map<number, number>();
  return Array.from(instances, (number, at) => {
    if (number === 0) return -1;
    if (!first.has(number)) first.set(number, at);
    return first.get(number)!;
  });
}

test.each(['png', 'coco-panoptic'])('%s gives every instance back, and what is in none', (name) => {
  fc.assert(
    fc.property(numbered, (item) => {
      const back = throughFormat(name, item);
      expect(back.names).toEqual(Array.from(item.labels, (label) => CLASSES[label]?.name));
      expect(partition(back.instances)).toEqual(partition(item.instances!));
      for (const { id, class: label } of back.shapes.values()) {
        expect(back.classes[back.instances.indexOf(id)]).toBe(label);
      }
    }),
    { numRuns: 80 },
  );
});

test('Pascal VOC gives every object back; background is none', () => {
  fc.assert(
    fc.property(numbered, (item) => {
      const labels = item.labels.map((label, i) => (item.instances![i] === 0 && label !== IGNORE ? 0 : label));
      const instances = item.instances!.map((number, i) => (labels[i] === 0 ? 0 : number));
      const back = throughFormat('voc', { ...item, labels, instances });
      expect(back.names).toEqual(Array.from(labels, (label) => CLASSES[label]?.name));
      expect(partition(back.instances)).toEqual(partition(instances));
    }),
    { numRuns: 80 },
  );
});

test.each([/polygons\.json$/, /(polygons\.json|labelIds\.png)$/])(
  'Cityscapes gives the instances of people and vehicles back by instanceIds (without %s)',
  (but) => {
    fc.assert(
      fc.property(numbered, (item) => {
        const back = throughFormat('cityscapes', item, CITY, but);
        expect(back.names).toEqual(Array.from(item.labels, (label) => CITY[label]?.name));
        const some = item.instances!.map((number, i) => (item.labels[i] === 0 ? 0 : number));
        const found = back.instances.map((number, i) => (some[i] === 0 ? 0 : number));
        expect(partition(found)).toEqual(partition(some));
      }),
      { numRuns: 60 },
    );
  },
);

test('as many instances as have numbers', () => {
  const [width, height] = [256, 256];
  const instances = Uint16Array.from({ length: width * height }, (_, i) => i);
  const labels = new Uint8Array(width * height).fill(1);
  for (const name of ['png', 'coco-panoptic']) {
    const item = { split: 'train', name: 'a', extension: '.png', width, height, labels, instances };
    const back = throughFormat(name, item);
    expect(back.shapes.size).toBe(65_535);
    expect(partition(back.instances)).toEqual(partition(instances));
  }
});

test('COCO panoptic: things are the classes with instances, what is left of them a crowd', () => {
  const panoptic = formatOf('coco-panoptic');
  const item = {
    ...{ split: 'train', name: 'a', extension: '.png', width: 5, height: 1 },
    labels: Uint8Array.from([1, 1, 1, 3, IGNORE]),
    instances: Uint16Array.from([9, 4, 0, 0, 0]),
  };
  const writer = panoptic.writer({ name: 'x', classes: CLASSES, items: [item], ignoring: 1, shaped: true });
  writer.item(item);
  const { annotations, categories } = JSON.parse(String(writer.end()[0].data));
  expect(categories.map((one: { isthing: number }) => one.isthing)).toEqual([0, 1, 0, 0]);
  expect(annotations[0].segments_info).toEqual([
    { id: 2, category_id: 2, area: 1, bbox: [2, 0, 1, 1], iscrowd: 1 },
    { id: 4, category_id: 4, area: 1, bbox: [3, 0, 1, 1], iscrowd: 0 },
    { id: 256, category_id: 2, area: 1, bbox: [0, 0, 1, 1], iscrowd: 0 },
    { id: 257, category_id: 2, area: 1, bbox: [1, 0, 1, 1], iscrowd: 0 },
  ]);
});
