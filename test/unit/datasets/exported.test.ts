/** What we export is read again, pixel for pixel; and damaged files of every format neither stop nor crash the reader. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExportDataset, ExportFormat, LabelledItem } from '../../../src-main/annotation/format.ts';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import { type ClassInfo, IGNORE } from '../../../src-main/contract/dataset.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { labelMap } from '../annotation/maps.ts';
import { folderOf } from './files.ts';

const CLASSES = ['road', 'sky', 'car', 'traffic light'].map((name, i) => ({
  name,
  color: [10 * i + 1, 20, 30] as [number, number, number],
}));

/** Each format with the layout as which it is read, and what becomes of ignored pixels. */
const FORMATS: [format: string, layout: string, ignored: string | undefined][] = [
  ['png', 'stillroom', undefined],
  ['voc', 'voc', undefined],
  ['cityscapes', 'cityscapes', undefined],
  ['coco', 'coco-instances', 'background'],
  ['coco-polygons', 'coco-instances', 'background'],
  ['coco-panoptic', 'coco-panoptic', undefined],
  ['labelme', 'labelme', undefined],
  ['cvat', 'cvat', 'background'],
  ['datumaro', 'datumaro', 'background'],
];

const UNICODE = ['Straße', '空', 'a "b" <c> & d', 'naïve 🚲'].map((name, i) => ({ ...CLASSES[i], name }));

function datasetOf(items: LabelledItem[], classes: ClassInfo[]): ExportDataset {
  const ignoring = items.filter((item) => item.labels.includes(IGNORE)).length;
  return { name: 'Streets', classes, items, ignoring, shaped: false };
}

function written(format: ExportFormat, items: LabelledItem[], classes = CLASSES): string {
  const dataset = datasetOf(items, classes);
  const writer = format.writer(dataset);
  const files = [...items.flatMap((item) => writer.item(item)), ...writer.end()].map((file) => [file.path, file.data]);
  const images = items.map((item) => {
    const { width, height } = item;
    return [format.image(item, dataset), encodeImage({ width, height, data: new Uint8Array(3 * width * height) })];
  });
  return folderOf(Object.fromEntries([...files, ...images]));
}

const NAMES = ['a', 'day/one', 'day/two words', 'ünï/空', 'b.c', 'aachen_000001_000019'];

/** Images of two splits whose names are plain, nested and in other scripts; of every kind of label map. */
const items = fc
  .uniqueArray(fc.tuple(fc.constantFrom('train', 'val'), fc.constantFrom(...NAMES), labelMap(4, 16)), {
    selector: ([split, name]) => `${split}/${name}`,
    minLength: 1,
    maxLength: 5,
  })
  .map((list) =>
    list
      .map(([split, name, map]): LabelledItem => ({ split, name, extension: '.png', ...map }))
      .sort((a, b) => (a.split < b.split ? -1 : a.split > b.split ? 1 : 0)),
  );

test.each(FORMATS)('%s is read again as %s', (name, layout, ignored) => {
  const format = formatOf(name);
  const classes = name === 'cityscapes' ? CLASSES : UNICODE;
  fc.assert(
    fc.property(items, (list) => {
      const root = written(format, list, classes);
      try {
        const found = openDataset(root);
        expect([found.layout, found.items.length, found.problems]).toEqual([layout, list.length, []]);
        for (const one of list) {
          const item = found.items.find(({ image }) => image === format.image(one, datasetOf(list, classes)))!;
          expect(item.split).toBe(one.split);
          // An image that shows nothing but ignored pixels has no shapes, and so no labels in some formats.
          if (item.labels === null) {
            expect(new Set(one.labels)).toEqual(new Set([IGNORE]));
            continue;
          }
          const labels = readItem(root, item, found.table).labels!;
          const wanted = Array.from(one.labels, (value) => classes[value]?.name ?? ignored);
          expect(Array.from(labels, (value) => found.classes[value]?.name)).toEqual(wanted);
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 30 },
  );
});

test('instance ids of Cityscapes alone give the label maps too', () => {
  fc.assert(
    fc.property(items, (list) => {
      const root = written(formatOf('cityscapes'), list);
      try {
        for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
          if (/_(labelIds\.png|polygons\.json)$/.test(file)) rmSync(path.join(root, file));
        }
        const found = openDataset(root);
        for (const one of list) {
          const image = formatOf('cityscapes').image(one, datasetOf(list, CLASSES));
          const item = found.items.find((other) => other.image === image)!;
          expect(item.labels).toContain('instanceIds');
          const labels = readItem(root, item, found.table).labels!;
          const wanted = Array.from(one.labels, (value) => CLASSES[value]?.name);
          expect(Array.from(labels, (value) => found.classes[value]?.name)).toEqual(wanted);
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 12 },
  );
});

test.each(FORMATS)('%s, damaged anywhere, is read as far as it goes', (name) => {
  const list = fc.sample(items, { numRuns: 1, seed: 5 })[0];
  const root = written(formatOf(name), list);
  const texts = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(json|xml|txt)$/.test(file),
  );
  const hurt = fc.tuple(
    fc.nat(),
    fc.nat(),
    fc.constantFrom('', '"', '{', '-1', '1e999', 'null', '\0', '../../..', '<a>', '[['),
  );
  try {
    fc.assert(
      fc.property(
        fc.constantFrom(...(texts.length > 0 ? texts : [''])),
        hurt,
        fc.nat(9),
        (file, [at, much, by], kind) => {
          if (file === '') return;
          const whole = readFileSync(path.join(root, file));
          const start = at % whole.length;
          const end = kind === 0 ? whole.length : Math.min(whole.length, start + (much % 12));
          writeFileSync(
            path.join(root, file),
            Buffer.concat([whole.subarray(0, start), Buffer.from(by), whole.subarray(end)]),
          );
          try {
            const found = openDataset(root);
            const table = found.table;
            for (const item of found.items) {
              expect(path.resolve(root, item.image).startsWith(root)).toBe(true);
              indexItem(root, item, table, found.classes.length);
            }
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
          } finally {
            writeFileSync(path.join(root, file), whole);
          }
        },
      ),
      { numRuns: 100 },
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
