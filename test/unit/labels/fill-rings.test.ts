import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillRings } from '../../../src-main/labels/fill-rings.ts';
import { pixelsOf, pixelsWhere, without } from './pixels.ts';

const image = { width: 30, height: 20 };
const filled = (rings: number[][]) => pixelsOf(image, (span) => fillRings(rings, image.width, image.height, span));

/** Coordinates that are never on a line through pixels' centres, so that nothing hangs on roundoff. */
const coordinate = fc.integer({ min: -40, max: 280 }).map((tenths) => tenths / 8 + 0.01);
const ring = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 8 }).map((points) => points.flat());

test('a pixel is filled if a ray from its centre crosses an odd number of edges of all rings', () => {
  fc.assert(
    fc.property(fc.array(ring, { minLength: 1, maxLength: 3 }), (rings) => {
      const odd = pixelsWhere(image, (x, y) => {
        let crossed = 0;
        for (const points of rings) {
          for (let i = 0; i < points.length; i += 2) {
            const [xa, ya] = [points[i], points[i + 1]];
            const [xb, yb] = [points.at(i - 2)!, points.at(i - 1)!];
            if (ya > y + 0.5 === yb > y + 0.5) continue;
            if (xa + ((y + 0.5 - ya) / (yb - ya)) * (xb - xa) > x + 0.5) crossed++;
          }
        }
        return crossed % 2 === 1;
      });
      expect(filled(rings)).toEqual(odd);
    }),
  );
});

test('a ring in a ring is a hole, and one in that an island', () => {
  const square = (a: number, b: number) => [a, a, b, a, b, b, a, b];
  const rings = [square(1, 10), square(3, 8), square(5, 6)];
  expect(filled(rings).size).toBe(81 - 25 + 1);
  expect(filled(rings).has(5 * image.width + 5)).toBe(true);
  expect(filled(rings).has(4 * image.width + 4)).toBe(false);
});

test('neighbours that share an edge share no pixel and leave none out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 4, maxLength: 4 }), ([a, b, c, d]) => {
      // The image cut in two by a line from its upper to its lower border, along pixels' centres as well.
      const cut = [a / 2, 0, b / 2, 7.5, c / 2, 12, d / 2, 20];
      const back = [d / 2, 20, c / 2, 12, b / 2, 7.5, a / 2, 0];
      const left = filled([[0, 0, ...cut, 0, 20]]);
      const right = filled([[30, 20, ...back, 30, 0]]);
      expect(without(left, right).length).toBe(left.size);
      expect(left.size + right.size).toBe(600);
    }),
  );
});
