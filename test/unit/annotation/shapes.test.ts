/** Shapes through every format that holds them: label maps and corners come back, and what lies over what. */
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabelledItem } from '../../../src-main/annotation/format.ts';
import { formatOf } from '../../../src-main/annotation/registry.ts';
import { type ClassInfo, IGNORE } from '../../../src-main/contract/dataset.ts';
import { CITYSCAPES_CLASSES } from '../../../src-main/datasets/classes/cityscapes.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import type { Drawing, Shape } from '../../../src-main/datasets/draw.ts';
import {
  type DocumentBytes,
  ignoredOutlines,
  openDocument,
  readDocument,
} from '../../../src-main/datasets/read-document.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { type LabelDocument, newDocument } from '../../../src-main/labels/document.ts';
import { drawShape, redrawShape, retraceShape } from '../../../src-main/labels/shapes.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { folderOf } from '../datasets/files.ts';

const SIZE = { width: 40, height: 30 };

const named = (...names: string[]): ClassInfo[] => names.map((name, i) => ({ name, color: [10 * i + 1, 20, 30] }));

interface Held {
  rule: Drawing['rule'];
  classes: ClassInfo[];
  /** The value of pixels that no shape covers. */
  rest: number;
  /** Whether it knows that several polygons are one object. */
  parts: boolean;
}
const background = { classes: named('background', 'road', 'sky', 'a "b" 空'), rest: 0, parts: true };
const HELD: Record<string, Held> = {
  coco: { rule: 'area', ...background },
  'coco-polygons': { rule: 'area', ...background },
  cvat: { rule: 'area', ...background },
  datumaro: { rule: 'area', ...background },
  labelme: { rule: 'touched', ...background, classes: named('_background_', 'road', 'sky', 'a "b" 空') },
  cityscapes: { rule: 'touched', classes: [...CITYSCAPES_CLASSES], rest: IGNORE, parts: false },
};

const whole = fc.integer({ min: -4, max: 44 });
const coordinate = fc.oneof(
  whole,
  whole.map((value) => value / 2 + 0.5),
  fc.integer({ min: -300, max: 4400 }).map((value) => value / 100),
  fc.double({ min: -3, max: 43, noNaN: true }).map((value) => value + 0),
);
const corners = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 7 })
  .map((points) => points.flat());
const rectangle = (x: number, y: number, w: number, h: number) => [x, y, x + w, y, x + w, y + h, x, y + h];
const box = fc.tuple(fc.nat(39), fc.nat(29), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }));
/** Round a hole and back on the same way, as formats without holes write them. */
const ring = box.map(([x, y, w, h]) => [
  ...[...rectangle(x, y, w + 4, h + 4), x, y],
  ...[x + 2, y + 2, x + 2, y + 2 + h, x + 2 + w, y + 2 + h, x + 2 + w, y + 2, x + 2, y + 2],
]);
/** Beside each other with a border in common. */
const neighbours = box.map(([x, y, w, h]) => [rectangle(x, y, w, h), rectangle(x + w, y, w, h)]);
const single = fc.oneof(
  corners,
  ring,
  box.map(([x, y, w, h]) => rectangle(x, y, w, h)),
  box.map(([x, y]) => rectangle(x, y, 1, 1)),
);
/** One object's polygons. */
const object = fc.oneof(
  { weight: 4, arbitrary: single.map((one) => [one]) },
  { weight: 1, arbitrary: fc.array(single, { minLength: 2, maxLength: 3 }) },
);
const things = fc.oneof(
  { weight: 4, arbitrary: object.map((one) => [one]) },
  { weight: 1, arbitrary: neighbours.map((two) => two.map((one) => [one])) },
);
const drawn = fc
  .array(fc.tuple(fc.nat(3), things), { minLength: 1, maxLength: 6 })
  .map((list) => list.flatMap(([value, polygons]) => polygons.map((one) => ({ value, polygons: one }))));

function drawingOf(objects: { value: number; polygons: number[][] }[], { rule, rest, parts }: Held): Drawing {
  const shapes = objects.flatMap(({ value, polygons }, i): Shape[] => {
    if (!parts || polygons.length === 1) return polygons.map((polygon) => ({ value, polygon }));
    return polygons.map((polygon) => ({ value, polygon, object: i + 1 }));
  });
  return { ...SIZE, rule, rest, shapes };
}

/** Values are classes. */
const TABLE = Uint16Array.from({ length: 256 }, (_, value) => value);

function itemOf(document: LabelDocument, drawing: Drawing): LabelledItem {
  const shapes = [...document.shapes.values(), ...ignoredOutlines(opened(drawing), TABLE)];
  const { classes: labels, instances } = document;
  return { split: 'train', name: 'a', extension: '.png', ...SIZE, labels, instances, shapes };
}

function opened(drawing: Drawing): DocumentBytes {
  return { file: 'x', recipe: { kind: 'drawing', ...drawing }, content: [], objects: null };
}

const open = (drawing: Drawing) => readDocument(opened(drawing), TABLE, SIZE);

/** Written in a format and opened again: label map by class names, and shapes as class names and rings in their order. */
function throughFormat(name: string, item: LabelledItem, classes: ClassInfo[]) {
  const format = formatOf(name);
  const dataset = { name: 'Streets', classes, items: [item], ignoring: 0, shaped: true };
  const writer = format.writer(dataset);
  const files = [...writer.item(item), ...writer.end()].map((file): [string, Uint8Array | string] => [
    file.path,
    file.data,
  ]);
  const image = encodeImage({ ...SIZE, data: new Uint8Array(3 * SIZE.width * SIZE.height) });
  const root = folderOf(Object.fromEntries([...files, [format.image(item, dataset), image]]));
  try {
    const found = openDataset(root);
    expect(found.problems).toEqual([]);
    return described(readDocument(openDocument(root, found.items[0].labels!), found.table, SIZE), found.classes);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function described({ classes: labels, shapes }: Pick<LabelDocument, 'classes' | 'shapes'>, classes: ClassInfo[]) {
  return {
    labels: Array.from(labels, (label) => classes[label]?.name),
    shapes: [...shapes.values()]
      .filter(({ rings }) => rings.length > 0)
      .map(({ class: label, rings }) => ({ name: classes[label].name, rings })),
  };
}

const ALL = Object.entries(HELD);

test.each(ALL)('%s gives label maps and the corners of all shapes back', (name, held) => {
  fc.assert(
    fc.property(drawn, (objects) => {
      const drawing = drawingOf(objects, held);
      const document = open(drawing);
      expect(throughFormat(name, itemOf(document, drawing), held.classes)).toEqual(described(document, held.classes));
    }),
    { numRuns: 80 },
  );
});

test.each(ALL)(
  '%s: where pixels were changed the label map counts, and only the shapes there lose corners',
  (name, held) => {
    fc.assert(
      fc.property(
        drawn,
        fc.nat(29),
        fc.nat(39),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(3),
        (objects, y, x, long, label) => {
          const drawing = drawingOf(objects, held);
          const document = open(drawing);
          const before = document.instances.slice();
          const stroke = new Stroke(document);
          stroke.span(y, x, x + long, label);
          const after = throughFormat(name, itemOf(document, drawing), held.classes);
          expect(after.labels).toEqual(described(document, held.classes).labels);
          const hit = new Set(before.subarray(y * SIZE.width + x, y * SIZE.width + Math.min(SIZE.width, x + long)));
          const untouched = [...document.shapes.values()].filter(({ id, rings }) => !hit.has(id) && rings.length > 0);
          // One that lies under the stroke below another shape is touched too.
          const covered = untouched.filter(
            (shape) => !after.shapes.some(({ rings }) => JSON.stringify(rings) === JSON.stringify(shape.rings)),
          );
          for (const { id } of covered) expect([...hit].some((other) => other > id || other === 0)).toBe(true);
          for (const id of hit) {
            const shape = document.shapes.get(id);
            if (!shape || shape.rings.length === 0) continue;
            const twins = [...document.shapes.values()].filter(
              ({ rings }) => JSON.stringify(rings) === JSON.stringify(shape.rings),
            );
            const kept = after.shapes.filter(({ rings }) => JSON.stringify(rings) === JSON.stringify(shape.rings));
            expect(kept.length).toBeLessThan(twins.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  },
);

/** As the format gives shapes back, but for the last digits of half a pixel more and less. */
const rounded = (found: ReturnType<typeof described>) => ({
  ...found,
  shapes: found.shapes.map(({ name, rings }) => ({
    name,
    rings: rings.map((one) => one.map((value) => Number(value.toFixed(7)) + 0)),
  })),
});

test.each(ALL)('%s: shapes that are drawn by its rule keep their corners, and those that are moved', (name, held) => {
  const through = (document: LabelDocument) => {
    const drawing: Drawing = { ...SIZE, rule: held.rule, rest: held.rest, shapes: [] };
    return rounded(throughFormat(name, itemOf(document, drawing), held.classes));
  };
  const blank = () => newDocument(SIZE.width, SIZE.height, new Uint8Array(1200).fill(held.rest), held.rule);
  const ring = corners.map((one) => one.map((value) => Number(value.toFixed(6)) + 0));
  fc.assert(
    fc.property(fc.array(ring, { minLength: 1, maxLength: 5 }), ring, fc.nat(3), (rings, moved, label) => {
      const document = blank();
      rings.forEach((one, i) => {
        drawShape(new Stroke(document), { id: i + 1, class: (label + i) % 4, rings: [one] });
        if (!document.instances.includes(i + 1)) document.shapes.delete(i + 1);
      });
      if (document.shapes.size > 0) expect(through(document)).toEqual(rounded(described(document, held.classes)));
      const one = blank();
      drawShape(new Stroke(one), { id: 1, class: label, rings: [rings[0]] });
      for (const change of [
        (stroke: Stroke) => redrawShape(stroke, { id: 1, class: label, rings: [moved] }),
        (stroke: Stroke) => retraceShape(stroke, 1),
      ]) {
        change(new Stroke(one));
        if (!one.instances.includes(1)) return;
        const wanted = rounded(described(one, held.classes));
        const found = through(one);
        expect(found.labels).toEqual(wanted.labels);
        // Traced round a hole or in several parts it may have no outline in the format.
        if (one.shapes.get(1)!.rings.length === 1) expect(found.shapes).toEqual(wanted.shapes);
      }
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['labelme', 'coco'],
  ['labelme', 'cvat'],
  ['coco', 'labelme'],
  ['cvat', 'labelme'],
])('a shape drawn as in %s keeps its corners in %s where these give the same pixels, and only there', (from, to) => {
  const half = HELD[from].rule === 'touched' ? 0.5 : -0.5;
  // One rule takes the pixels of the outline too, so both give the same where that lies outside of the image.
  const beyond = fc.tuple(fc.integer({ min: -9, max: -2 }), fc.integer({ min: 52, max: 60 }));
  const around = beyond.map(([at, long]) => rectangle(at, at, long, long));
  const kept: boolean[] = [];
  fc.assert(
    fc.property(fc.oneof(around, single), (polygon) => {
      const drawing = drawingOf([{ value: 2, polygons: [polygon] }], HELD[from]);
      const document = open(drawing);
      fc.pre(document.instances.includes(1));
      const { classes } = HELD[to];
      const after = throughFormat(to, itemOf(document, drawing), classes);
      expect(after.labels).toEqual(described(document, classes).labels);
      const moved = polygon.map((value) => value + half);
      const other = open(drawingOf([{ value: 2, polygons: [moved] }], HELD[to]));
      const same = other.classes.every((label, at) => label === document.classes[at]);
      expect(after.shapes.length).toBe(same ? 1 : 0);
      kept.push(same);
    }),
    { numRuns: 40 },
  );
  expect(new Set(kept).size).toBe(2);
});
