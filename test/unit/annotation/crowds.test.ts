/** COCO's crowds, from the file through a label map that is edited and back. */
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import type { ClassInfo } from '../../../src-main/contract/dataset.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { openDocument, readDocument } from '../../../src-main/datasets/read-document.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import type { LabelDocument } from '../../../src-main/labels/document.ts';
import { columnRuns } from '../../../src-main/labels/rle.ts';
import { drawShape } from '../../../src-main/labels/shapes.ts';
import { maskOfSpans } from '../../../src-main/labels/spans.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { folderOf } from '../datasets/files.ts';

const SIZE = { width: 24, height: 18 };
const NAMES = ['cat', 'dog'];
const CLASSES = ['background', ...NAMES].map((name, i): ClassInfo => ({ name, color: [i, 2, 3] }));
const IMAGE = encodeImage({ ...SIZE, data: new Uint8Array(3 * SIZE.width * SIZE.height) });

/** x, y, width, height within the image. */
const box = fc
  .tuple(fc.nat(22), fc.nat(16), fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 12 }))
  .map(([x, y, w, h]): [number, number, number, number] => [x, y, Math.min(w, 24 - x), Math.min(h, 18 - y)]);
const things = fc.array(
  fc.record({ box, category: fc.integer({ min: 1, max: 2 }), crowd: fc.boolean(), polygon: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
);

function segmentation([x, y, w, h]: [number, number, number, number], polygon: boolean) {
  if (polygon) return [[x, y, x + w, y, x + w, y + h, x, y + h]];
  const mask = maskOfSpans(SIZE, (span) => {
    for (let row = y; row < y + h; row++) span(row, x, x + w);
  })!;
  return { size: [SIZE.height, SIZE.width], counts: [...columnRuns(mask, SIZE)] };
}

/** The same by painting boxes one over the other, crowds first. */
function visibleCrowds(list: { box: [number, number, number, number]; category: number; crowd: boolean }[]): string[] {
  const owner = new Array<number>(SIZE.width * SIZE.height).fill(-1);
  const order = [...list.filter(({ crowd }) => crowd), ...list.filter(({ crowd }) => !crowd)];
  order.forEach(({ box: [x, y, w, h] }, i) => {
    for (let row = y; row < y + h; row++) owner.fill(i, row * SIZE.width + x, row * SIZE.width + x + w);
  });
  return order.flatMap(({ category, crowd }, i) =>
    crowd && owner.includes(i) ? [`${category}: ${owner.map((one) => Number(one === i)).join('')}`] : [],
  );
}

interface Written {
  annotations: { category_id: number; iscrowd: number; segmentation: unknown; area: number }[];
}

function open(files: Record<string, Uint8Array | string>): { document: LabelDocument; classes: ClassInfo[] } {
  const root = folderOf(files);
  try {
    const { items, table, problems, classes } = openDataset(root);
    expect(problems).toEqual([]);
    return { document: readDocument(openDocument(root, items[0].labels!), table, SIZE), classes };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function written(format: string, { classes: labels, instances, shapes }: LabelDocument) {
  const item = {
    split: 'train',
    name: 'a',
    extension: '.png',
    ...SIZE,
    labels,
    instances,
    shapes: [...shapes.values()],
  };
  const dataset = { name: 'Pets', classes: CLASSES, items: [item], ignoring: 0, shaped: true };
  const writer = formatOf(format).writer(dataset);
  const files = [...writer.item(item), ...writer.end()].map(({ path, data }): [string, Uint8Array | string] => [
    path,
    data,
  ]);
  const [[, text]] = files;
  const json = JSON.parse(String(text)) as Written;
  return { json, files: Object.fromEntries([...files, [formatOf(format).image(item, dataset), IMAGE]]) };
}

/** Those of which something is to be seen: class, and pixel by pixel. */
const crowdsOf = ({ shapes, instances }: LabelDocument) =>
  [...shapes.values()]
    .filter(({ id, crowd }) => crowd && instances.includes(id))
    .map(({ id, class: label }) => `${label}: ${Array.from(instances, (one) => Number(one === id)).join('')}`);

test.each(['coco', 'coco-polygons'])('%s: crowds come in, and go out as crowds by their run lengths', (format) => {
  fc.assert(
    fc.property(things, (list) => {
      const annotations = list.map(({ box: one, category, crowd, polygon }, i) => ({
        id: i + 1,
        image_id: 1,
        category_id: category,
        iscrowd: crowd ? 1 : 0,
        segmentation: segmentation(one, polygon),
      }));
      const { document } = open({
        'annotations/instances_train.json': JSON.stringify({
          images: [{ id: 1, file_name: 'a.png', ...SIZE }],
          categories: NAMES.map((name, i) => ({ id: i + 1, name })),
          annotations,
        }),
        'images/a.png': IMAGE,
      });
      const crowds = visibleCrowds(list);
      expect(crowdsOf(document)).toEqual(crowds);
      const { json, files } = written(format, document);
      for (const { iscrowd, segmentation: of } of json.annotations) {
        if (iscrowd === 1) expect(of).toMatchObject({ size: [18, 24], counts: expect.any(String) });
      }
      const again = open(files);
      expect(again.document.classes).toEqual(document.classes);
      expect(crowdsOf(again.document)).toEqual(crowds);
    }),
    { numRuns: 80 },
  );
});

test('a crowd that was put over another object here becomes an object, as crowds are drawn first', () => {
  const { document } = open({
    'annotations/instances_train.json': JSON.stringify({
      images: [{ id: 1, file_name: 'a.png', ...SIZE }],
      categories: NAMES.map((name, i) => ({ id: i + 1, name })),
      annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: segmentation([2, 2, 10, 10], true) }],
    }),
    'images/a.png': IMAGE,
  });
  drawShape(new Stroke(document), { id: 2, class: 2, rings: [[6, 6, 16, 6, 16, 16, 6, 16]], crowd: true });
  const { json, files } = written('coco', document);
  expect(json.annotations.map(({ iscrowd }) => iscrowd)).toEqual([0, 0]);
  expect(open(files).document.classes).toEqual(document.classes);
});
