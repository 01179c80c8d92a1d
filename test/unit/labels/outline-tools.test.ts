import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, merged } from '../../../src-main/labels/clip.ts';
import { fillRings } from '../../../src-main/labels/fill-rings.ts';
import { hitOutline, hitShapes } from '../../../src-main/labels/hit.ts';
import {
  isInside,
  nearestOnEdge,
  type Point,
  type Rings,
  shifted,
  withCornerAt,
  withCornerOn,
  withoutCorner,
} from '../../../src-main/labels/rings.ts';
import { simplified } from '../../../src-main/labels/simplify.ts';
import { pixelsOf, pixelsWhere, without } from './pixels.ts';

const image = { width: 40, height: 30 };
const filled = (rings: Rings) => pixelsOf(image, (span) => fillRings(rings, image.width, image.height, span));

/** Multiples of 1/16 that no pixel's centre has. */
const coordinate = fc.integer({ min: -3, max: 42 }).map((whole) => whole + 3 / 16);
const ring = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 }).map((points) => points.flat());
const rings = fc.array(ring, { minLength: 1, maxLength: 3 });

/** Edges as pairs of points. */
const edges = (all: Rings) =>
  all.flatMap((points) =>
    Array.from({ length: points.length / 2 }, (_, i): [Point, Point] => {
      const next = (2 * i + 2) % points.length;
      return [
        [points[2 * i], points[2 * i + 1]],
        [points[next], points[next + 1]],
      ];
    }),
  );
const farFrom = (all: Rings, point: Point) =>
  Math.sqrt(Math.min(Infinity, ...edges(all).map(([a, b]) => nearestOnEdge(point, a, b).distance2)));
/** Pixels whose centres lie so near to an edge that rounding coordinates may decide. */
const doubtful = (all: Rings) => pixelsWhere(image, (x, y) => farFrom(all, [x + 0.5, y + 0.5]) < 2 / 1024);

test('merged outlines hold the pixels of any of them, holes and crossings and all', () => {
  fc.assert(
    fc.property(fc.array(rings, { minLength: 1, maxLength: 3 }), (shapes) => {
      const wanted = new Set(shapes.flatMap((one) => [...filled(one)]));
      const got = filled(merged(shapes));
      const unsure = doubtful(shapes.flat());
      expect([...without(wanted, got), ...without(got, wanted)].filter((pixel) => !unsure.has(pixel))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('a hole that another shape does not cover stays, and touching shapes become one ring', () => {
  const box = (x: number, y: number, w: number, h: number) => [x, y, x + w, y, x + w, y + h, x, y + h];
  expect(merged([[box(0, 0, 9, 9), box(3, 3, 3, 3)], [box(9, 0, 4, 9)]]).length).toBe(2);
  expect(merged([[box(0, 0, 9, 9), box(3, 3, 3, 3)], [box(2, 2, 5, 5)]]).length).toBe(1);
  expect(merged([[box(0, 0, 4.5, 4)], [box(4.5, 0, 4, 4)]])).toHaveLength(1);
});

test('a cut leaves each pixel on its side of the line', () => {
  const point = fc.tuple(coordinate, coordinate);
  fc.assert(
    fc.property(rings, point, point, (shape, a, b) => {
      const parts = cut(shape, a, b);
      const side = (x: number, y: number) => (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
      const all = filled(shape);
      const left = [...all].filter((at) => side((at % 40) + 0.5, Math.floor(at / 40) + 0.5) > 0);
      const far: Point = [b[0] - a[0], b[1] - a[1]];
      const line = [a[0] - 99 * far[0], a[1] - 99 * far[1], b[0] + 99 * far[0], b[1] + 99 * far[1]];
      const unsure = doubtful([...shape, line]);
      if (!parts) {
        // All sure pixels lie on one side.
        const sure = (pixels: number[]) => pixels.filter((pixel) => !unsure.has(pixel)).length;
        expect(Math.min(sure(left), sure([...all]) - sure(left))).toBe(0);
        return;
      }
      const one = filled(parts[0]);
      const other = filled(parts[1]);
      const wrong = [
        ...without(new Set(left), one),
        ...without(one, new Set(left)),
        ...without(other, new Set(without(all, new Set(left)))),
        ...without(new Set(without(all, new Set(left))), other),
      ];
      expect(wrong.filter((pixel) => !unsure.has(pixel))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('a simplified outline has some of the corners, and no other is farther away than the tolerance', () => {
  fc.assert(
    fc.property(ring, fc.double({ min: 0, max: 0.9, noNaN: true }), (whole, tolerance) => {
      const points = whole.map((at) => at / 20);
      const [fewer] = simplified([points], tolerance);
      const corners = edges([points]).map(([a]) => a);
      const kept = edges([fewer]).map(([a]) => a);
      for (const corner of kept) expect(corners).toContainEqual(corner);
      if (fewer.length === points.length) return;
      for (const corner of corners) expect(farFrom([fewer], corner)).toBeLessThanOrEqual(tolerance + 1e-9);
    }),
    { numRuns: 1000 },
  );
});

test('a staircase becomes a line, a square stays, a speck of a hole goes', () => {
  const stairs = [0, 0, ...Array.from({ length: 8 }, (_, i) => [i + 1, i, i + 1, i + 1]).flat(), 0, 8];
  expect(simplified([stairs], 0.8)[0].length).toBeLessThanOrEqual(8);
  const square = [0, 0, 9, 0, 9, 9, 0, 9];
  expect(simplified([square, [4, 4, 5, 4, 5, 5]], 1.5)).toEqual([square]);
  expect(simplified([[4, 4, 5, 4, 5, 5]], 9)).toEqual([[4, 4, 5, 4, 5, 5]]);
});

test('corners move, come and go in one ring, and what was given stays as it was', () => {
  const triangle = [0, 0, 8, 0, 8, 8];
  const other = [1, 1, 2, 1, 2, 2];
  const both = [triangle, other];
  expect(withCornerAt(both, 0, 1, [9, -1])).toEqual([[0, 0, 9, -1, 8, 8], other]);
  expect(withCornerOn(both, 0, 2, [4, 5])).toEqual([[0, 0, 8, 0, 8, 8, 4, 5], other]);
  expect(withCornerOn(both, 1, 0, [1, 0])).toEqual([triangle, [1, 1, 1, 0, 2, 1, 2, 2]]);
  expect(withoutCorner([[0, 0, 8, 0, 8, 8, 0, 8], other], 0, 0)).toEqual([[8, 0, 8, 8, 0, 8], other]);
  expect(withoutCorner(both, 1, 2)).toEqual([triangle]);
  expect(shifted([other], 2, -1)).toEqual([[3, 0, 4, 0, 4, 1]]);
  expect(both).toEqual([
    [0, 0, 8, 0, 8, 8],
    [1, 1, 2, 1, 2, 2],
  ]);
});

test('the inside of an outline is what is filled', () => {
  fc.assert(
    fc.property(rings, (shape) => {
      expect(pixelsWhere(image, (x, y) => isInside(shape, [x + 0.5, y + 0.5]))).toEqual(filled(shape));
    }),
  );
});

const square = (id: number, x: number, y: number, side: number) => ({
  id,
  class: 0,
  rings: [[x, y, x + side, y, x + side, y + side, x, y + side]],
});

test('under the pointer is a corner before an edge, an edge before an inside, and the smallest of several insides', () => {
  const shapes = [square(1, 0, 0, 100), square(2, 20, 20, 30), square(3, 30, 30, 10)];
  const hit = (x: number, y: number) => {
    const found = hitShapes(shapes, [x, y], 3);
    return found && { ...found, shape: found.shape.id };
  };
  expect(hit(49, 51)).toEqual({ part: 'corner', ring: 0, corner: 2, shape: 2 });
  expect(hit(100, 50.5)).toEqual({ part: 'edge', ring: 0, edge: 1, point: [100, 50.5], shape: 1 });
  expect(hit(-2, 70)).toEqual({ part: 'edge', ring: 0, edge: 3, point: [0, 70], shape: 1 });
  expect(hit(35, 35)).toEqual({ part: 'inside', shape: 3 });
  expect(hit(60, 60)).toEqual({ part: 'inside', shape: 1 });
  expect(hit(104, 50)).toBeNull();
  // The edge of one is nearer than the corner of another, which is within reach.
  expect(hitShapes([square(1, 0, 0, 10), square(2, 12, -5, 20)], [11.9, 1], 2.5)).toMatchObject({
    part: 'corner',
    shape: { id: 1 },
  });
  expect(hitOutline(shapes[0].rings, [1, 1], 3)).toEqual({ part: 'corner', ring: 0, corner: 0 });
  expect(hitOutline(shapes[0].rings, [50, 50], 3)).toBeNull();
});
