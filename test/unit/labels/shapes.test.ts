import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabelShape } from '../../../src-main/contract/annotation.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { applyPatch } from '../../../src-main/labels/patch.ts';
import { type FillRule, fillShape } from '../../../src-main/labels/rasterise.ts';
import {
  drawShape,
  mergeShapes,
  nextInstance,
  redrawShape,
  removeShape,
  retraceShape,
  spansOfInstance,
  splitShape,
  tracedRings,
} from '../../../src-main/labels/shapes.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { pixelsOf, without } from './pixels.ts';

const WIDTH = 30;
const HEIGHT = 20;
const coordinate = (max: number) => fc.integer({ min: -2, max: max + 2 }).map((whole) => whole + 3 / 16);
const ring = fc
  .array(fc.tuple(coordinate(WIDTH), coordinate(HEIGHT)), { minLength: 3, maxLength: 7 })
  .map((points) => points.flat());
const rings = fc.array(ring, { minLength: 1, maxLength: 2 });
const box = (x: number, y: number, w: number, h: number) => [[x, y, x + w, y, x + w, y + h, x, y + h]];
const shape = (id: number, value: number, outline: number[][]): LabelShape => ({ id, class: value, rings: outline });

const scene = () =>
  newDocument(
    WIDTH,
    HEIGHT,
    Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => (at % WIDTH) % 5),
  );
const size = { width: WIDTH, height: HEIGHT };
const inside = (outline: number[][], rule: FillRule = 'area') =>
  pixelsOf(size, (span) => fillShape(outline, rule, WIDTH, HEIGHT, span));
const owned = (document: ReturnType<typeof scene>, id: number) =>
  pixelsOf(size, (span) => spansOfInstance(document, id, span));
const planes = ({ classes, instances, under, shapes }: ReturnType<typeof scene>) => ({
  classes: [...classes],
  instances: [...instances],
  under: [...under],
  shapes: [...shapes],
});

test('a shape that is drawn, redrawn any number of times and removed leaves no trace', () => {
  fc.assert(
    fc.property(fc.array(rings, { minLength: 1, maxLength: 5 }), (outlines) => {
      const document = scene();
      const before = planes(document);
      drawShape(new Stroke(document), shape(4, 9, outlines[0]));
      for (const outline of outlines) {
        redrawShape(new Stroke(document), shape(4, 9, outline));
        expect(owned(document, 4)).toEqual(inside(outline));
        expect(document.shapes.get(4)!.rings).toBe(outline);
      }
      removeShape(new Stroke(document), 4);
      expect(planes(document)).toEqual(before);
    }),
  );
});

test('a shape that is redrawn takes no pixels of another, and its stroke undoes it', () => {
  fc.assert(
    fc.property(rings, rings, rings, fc.constantFrom(7, 9), (under, over, moved, value) => {
      const document = scene();
      drawShape(new Stroke(document), shape(1, 7, under));
      drawShape(new Stroke(document), shape(2, 8, over));
      const before = planes(document);
      const first = owned(document, 1);
      const second = owned(document, 2);
      const stroke = new Stroke(document);
      redrawShape(stroke, shape(1, value, moved));
      expect(owned(document, 2)).toEqual(second);
      const wanted = [...inside(moved)].filter((at) => !second.has(at) && (first.has(at) || !inside(under).has(at)));
      expect(owned(document, 1)).toEqual(new Set(wanted));
      for (const at of wanted) expect(document.classes[at]).toBe(value);
      const result = stroke.finish();
      if (result?.patch) applyPatch(document, result.patch);
      const { shapes: _, ...pixels } = planes(document);
      expect(pixels).toEqual({ classes: before.classes, instances: before.instances, under: before.under });
    }),
  );
});

test('merged shapes have the pixels and the class of the first, and what lay under all of them comes back', () => {
  fc.assert(
    fc.property(rings, rings, (a, b) => {
      const document = scene();
      const bare = planes(document);
      drawShape(new Stroke(document), shape(1, 7, a));
      drawShape(new Stroke(document), shape(2, 8, b));
      const both = new Set([...owned(document, 1), ...owned(document, 2)]);
      mergeShapes(new Stroke(document), [1, 2]);
      expect([...document.shapes.keys()]).toEqual([1]);
      expect(owned(document, 1)).toEqual(both);
      for (const at of both) expect(document.classes[at]).toBe(7);
      removeShape(new Stroke(document), 1);
      // Pixels that the second took from the first lie on the first's class; all others as at the beginning.
      const taken = [...inside(a)].filter((at) => inside(b).has(at));
      const wanted = bare.classes.map((value, at) => (taken.includes(at) ? 7 : value));
      expect(planes(document)).toEqual({ ...bare, classes: wanted });
    }),
  );
});

test('a split hands on the pixels on one side and changes no class', () => {
  const document = scene();
  drawShape(new Stroke(document), shape(3, 7, box(2, 2, 20, 10)));
  drawShape(new Stroke(document), shape(5, 8, box(8, 4, 4, 4)));
  const classes = [...document.classes];
  const all = owned(document, 3);
  const other = splitShape(new Stroke(document), 3, [10, -5], [10, 40]);
  expect(other).toBe(6);
  expect([...document.classes]).toEqual(classes);
  expect([...owned(document, 3), ...owned(document, 6)].sort((a, b) => a - b)).toEqual([...all].sort((a, b) => a - b));
  const columns = (id: number) => new Set([...owned(document, id)].map((at) => at % WIDTH < 10));
  expect([columns(3).size, columns(6).size]).toEqual([1, 1]);
  expect(columns(3)).not.toEqual(columns(6));
  expect(without(owned(document, 3), inside(document.shapes.get(3)!.rings as number[][]))).toEqual([]);
  expect(splitShape(new Stroke(document), 3, [-5, -5], [-5, 40])).toBeNull();
});

test('tracing gives back an instance whatever its pixels are, and without pixels it goes', () => {
  fc.assert(
    fc.property(rings, rings, (a, b) => {
      const document = scene();
      const stroke = new Stroke(document);
      drawShape(stroke, shape(1, 7, a));
      drawShape(stroke, shape(2, 8, b));
      retraceShape(stroke, 1);
      const traced = document.shapes.get(1)?.rings ?? [];
      expect(inside(traced)).toEqual(owned(document, 1));
      expect(document.shapes.has(1)).toBe(owned(document, 1).size > 0);
      expect(tracedRings(document, 9)).toEqual([]);
    }),
  );
});

test('an instance that is known by its pixels alone is redrawn, split and merged by them', () => {
  const document = scene();
  const paint = new Stroke(document);
  for (let y = 3; y < 9; y++) paint.span(y, 4, 12, 7, 1);
  paint.setShape(1, shape(1, 7, []));
  expect(splitShape(new Stroke(document), 1, [8, 0], [8, 9])).toBe(2);
  expect([owned(document, 1).size, owned(document, 2).size]).toEqual([24, 24]);
  mergeShapes(new Stroke(document), [2, 1]);
  expect(document.shapes.get(2)!.rings).toHaveLength(1);
  const again = new Stroke(document);
  again.setShape(2, shape(2, 7, []));
  redrawShape(again, shape(2, 7, box(6, 3, 10, 2)));
  expect(owned(document, 2)).toEqual(inside(box(6, 3, 10, 2)));
});

test('locked classes keep their pixels whatever is drawn, moved, merged or removed', () => {
  fc.assert(
    fc.property(rings, rings, (a, b) => {
      const document = scene();
      drawShape(new Stroke(document), shape(1, 7, a));
      drawShape(new Stroke(document), shape(2, 8, b));
      const locked = new Set([0, 8]);
      const kept = [...document.classes.keys()].filter((at) => locked.has(document.classes[at]));
      const instances = kept.map((at) => document.instances[at]);
      const classes = kept.map((at) => document.classes[at]);
      const stroke = new Stroke(document, locked);
      redrawShape(stroke, shape(1, 9, b));
      mergeShapes(stroke, [1, 2]);
      splitShape(stroke, 1, [10, 0], [12, 20]);
      removeShape(stroke, 1);
      expect(kept.map((at) => document.classes[at])).toEqual(classes);
      expect(kept.map((at) => document.instances[at])).toEqual(instances);
    }),
  );
});

test('the next instance has the number after the highest, or where that is the last, the first that is free', () => {
  const document = scene();
  expect(nextInstance(document)).toBe(1);
  document.shapes.set(1, shape(1, 0, []));
  document.shapes.set(7, shape(7, 0, []));
  expect(nextInstance(document)).toBe(8);
  document.shapes.set(65535, shape(65535, 0, []));
  expect(nextInstance(document)).toBe(2);
});
