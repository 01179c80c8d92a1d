import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import type { Drawing, Shape } from '../../../src-main/datasets/draw.ts';
import { draw } from '../../../src-main/datasets/draw.ts';
import { type DocumentBytes, readDocument } from '../../../src-main/datasets/read-document.ts';
import { mapLabels } from '../../../src-main/datasets/read-item.ts';
import { fillRings } from '../../../src-main/labels/fill-rings.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { pngOf } from './files.ts';

const [WIDTH, HEIGHT] = [40, 30];
const SIZE = { width: WIDTH, height: HEIGHT };
/** Values 0–4 are classes 4–0; 5 and above are ignored. */
const TABLE = Uint16Array.from({ length: 256 }, (_, value) => (value < 5 ? 4 - value : 255));

function opened(drawing: Drawing): DocumentBytes {
  return { file: 'x.json', recipe: { kind: 'drawing', ...drawing }, content: [JSON.stringify(drawing)], objects: null };
}

const coordinate = fc.double({ min: -5, max: 45, noNaN: true });
const shape: fc.Arbitrary<Shape> = fc.record({
  value: fc.integer({ min: 0, max: 6 }),
  polygon: fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 6 }).map((points) => points.flat()),
});
const drawing = fc.record({
  width: fc.constant(WIDTH),
  height: fc.constant(HEIGHT),
  rule: fc.constantFrom('area' as const, 'touched' as const),
  rest: fc.constantFrom(0, 9),
  shapes: fc.array(shape, { maxLength: 6 }),
});

test('a drawing opens with the classes that jobs see, and each shape of a class as an instance', () => {
  fc.assert(
    fc.property(drawing, (made) => {
      const document = readDocument(opened(made), TABLE, SIZE);
      expect(document.classes).toEqual(mapLabels(draw(made, 'x.json'), TABLE).labels);
      for (const [id, { class: c }] of document.shapes) expect(c).toBe(TABLE[made.shapes[id - 1].value]);
      document.instances.forEach((id, i) => {
        if (id === 0) expect(document.under[i]).toBe(255);
        else expect(document.classes[i]).toBe(document.shapes.get(id)!.class);
      });
    }),
    { numRuns: 200 },
  );
});

test('what an instance covers comes back when it is taken out', () => {
  fc.assert(
    fc.property(drawing, (made) => {
      const document = readDocument(opened(made), TABLE, SIZE);
      const last = made.shapes.length;
      if (!document.shapes.has(last)) return;
      const stroke = new Stroke(document);
      for (let y = 0; y < HEIGHT; y++) stroke.release(y, 0, WIDTH, last);
      const without = { ...made, shapes: made.shapes.slice(0, -1) };
      expect(document.classes).toEqual(mapLabels(draw(without, 'x.json'), TABLE).labels);
    }),
    { numRuns: 200 },
  );
});

test('outlines are in the coordinates of editing: by the rule of pixel centres they hold what was drawn', () => {
  const polygon = [3, 4, 30, 4, 30, 27, 3, 27];
  const shapes = [{ value: 1, polygon }];
  const area = readDocument(opened({ width: WIDTH, height: HEIGHT, rule: 'area', rest: 9, shapes }), TABLE, SIZE);
  const filled = new Uint8Array(WIDTH * HEIGHT).fill(255);
  fillRings(area.shapes.get(1)!.rings, WIDTH, HEIGHT, (y, from, to) =>
    filled.fill(3, y * WIDTH + from, y * WIDTH + to),
  );
  expect(filled).toEqual(area.classes);
  const touched = readDocument(opened({ width: WIDTH, height: HEIGHT, rule: 'touched', rest: 9, shapes }), TABLE, SIZE);
  expect(touched.shapes.get(1)!.rings).toEqual([polygon.map((value) => value + 0.5)]);
});

test('masks and run lengths are instances without outlines, and more shapes than numbers end as plain pixels', () => {
  const columns = [0, 5, WIDTH * HEIGHT - 5];
  const masked = readDocument(
    opened({ width: WIDTH, height: HEIGHT, rule: 'area', rest: 9, shapes: [{ value: 2, columns }] }),
    TABLE,
    SIZE,
  );
  expect([...masked.shapes.values()]).toEqual([{ id: 1, class: 2, rings: [] }]);
  expect(masked.instances.filter((id) => id === 1).length).toBe(5);
  const dot = { value: 1, polygon: [0, 0, 1, 0, 1, 1, 0, 1] };
  const many = new Array<Shape>(65_536).fill(dot);
  const document = readDocument(
    opened({ width: WIDTH, height: HEIGHT, rule: 'area', rest: 9, shapes: many }),
    TABLE,
    SIZE,
  );
  expect(document.shapes.size).toBe(65_535);
  expect(document.instances[0]).toBe(0);
});

test('instance numbers of Cityscapes become instances of their classes', () => {
  const values = [1, 1001, 1001, 2000, 7000, 3, 1002, 4];
  const content = [pngOf({ width: 4, height: 2, depth: 16, colour: 0, values })];
  const document = readDocument({ file: 'x.png', recipe: { kind: 'instances' }, content, objects: null }, TABLE, {
    width: 4,
    height: 2,
  });
  expect([...document.classes]).toEqual([3, 3, 3, 2, 255, 1, 3, 0]);
  expect([...document.instances]).toEqual([0, 1, 1, 2, 0, 0, 3, 0]);
  expect([...document.shapes.values()]).toEqual([
    { id: 1, class: 3, rings: [] },
    { id: 2, class: 2, rings: [] },
    { id: 3, class: 3, rings: [] },
  ]);
});

test('ADE20K’s instances are those of its blue channel, whatever red and green say', () => {
  const pixels = [
    [10, 1, 60],
    [20, 1, 60],
    [0, 200, 170],
    [0, 0, 0],
    [0, 200, 90],
  ];
  const png = encodeImage({ width: 5, height: 1, data: Uint8Array.from(pixels.flat()) });
  const recipe = {
    kind: 'ranks',
    values: [
      [1, 0],
      [2, 9],
      [3, 1],
    ],
  } as const;
  const bytes = {
    file: 'x.png',
    recipe: { ...recipe, values: recipe.values.map(([a, b]) => [a, b] as [number, number]) },
  };
  const document = readDocument({ ...bytes, content: [png], objects: null }, TABLE, { width: 5, height: 1 });
  // Values in order are 60, 90, 170; 90 is a class that is ignored.
  expect([...document.classes]).toEqual([4, 4, 3, 255, 255]);
  expect([...document.instances]).toEqual([1, 1, 2, 0, 0]);
});

test('Cityscapes’ polygons are outlines of a label map that has its own file, where both say the same', () => {
  const drawing: Drawing = {
    ...{ width: 6, height: 4, rule: 'touched', rest: 9 },
    shapes: [
      { value: 1, polygon: [0, 0, 5, 0, 5, 3, 0, 3] },
      { value: 2, polygon: [1, 1, 2, 1, 2, 2, 1, 2] },
    ],
  };
  const values = Array.from(draw(drawing, 'x').data);
  values[0] = 3;
  const content = [pngOf({ width: 6, height: 4, depth: 8, colour: 0, values })];
  const objects = { kind: 'polygons', file: 'x.json', drawing } as const;
  const document = readDocument({ file: 'x.png', recipe: { kind: 'values' }, content, objects }, TABLE, drawing);
  expect([...document.classes.subarray(0, 9)]).toEqual([1, 3, 3, 3, 3, 3, 3, 2, 2]);
  expect([...document.instances.subarray(0, 9)]).toEqual([0, 1, 1, 1, 1, 1, 1, 2, 2]);
  expect([...document.shapes.values()].map(({ rings }) => rings.length)).toEqual([1, 1]);
  const small = { ...objects, drawing: { ...drawing, width: 5 } };
  expect(() =>
    readDocument({ file: 'x.png', recipe: { kind: 'values' }, content, objects: small }, TABLE, drawing),
  ).toThrow(/x\.json has 5×4 pixels/);
});
