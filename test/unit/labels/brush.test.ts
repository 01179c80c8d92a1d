import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brushSegment } from '../../../src-main/labels/brush.ts';
import { pixelsOf, pixelsWhere, without } from './pixels.ts';

const image = { width: 40, height: 30 };
const place = fc.tuple(fc.double({ min: -20, max: 60, noNaN: true }), fc.double({ min: -20, max: 50, noNaN: true }));
const snap = (at: number, size: number) => (size % 2 ? Math.floor(at) + 0.5 : Math.round(at));
/** The pixels under all dabs of a great many along the way. */
const naive = (size: number, round: boolean, a: readonly number[], b: readonly number[], slack: number) =>
  pixelsWhere(image, (x, y) => {
    const [ax, ay, bx, by] = [a[0], a[1], b[0], b[1]].map((at) => snap(at, size));
    const far = (t: number) => {
      const [dx, dy] = [x + 0.5 - ax - t * (bx - ax), y + 0.5 - ay - t * (by - ay)];
      return round ? Math.hypot(dx, dy) : Math.max(Math.abs(dx), Math.abs(dy));
    };
    // The distance is convex along the way: a search by thirds finds where it is least.
    let [from, to] = [0, 1];
    for (let i = 0; i < 80; i++) {
      const third = (to - from) / 3;
      if (far(from + third) < far(to - third)) to -= third;
      else from += third;
    }
    return Math.min(far(from), far(0), far(1)) <= size / 2 + slack;
  });

for (const round of [true, false]) {
  test(`a ${round ? 'round' : 'square'} brush covers what its dabs along the way cover, each pixel once`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), place, place, (size, a, b) => {
        const drawn = pixelsOf(image, (span) => brushSegment({ size, round }, a, b, image, span));
        expect(without(naive(size, round, a, b, -1e-7), drawn)).toEqual([]);
        expect(without(drawn, naive(size, round, a, b, 1e-7))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
}

test('the smallest brush leaves a line without gaps at any speed', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.double({ min: 0, max: 39.9, noNaN: true }), fc.double({ min: 0, max: 29.9, noNaN: true })),
      fc.tuple(fc.double({ min: 0, max: 39.9, noNaN: true }), fc.double({ min: 0, max: 29.9, noNaN: true })),
      (a, b) => {
        const drawn = pixelsOf(image, (span) => brushSegment({ size: 1, round: true }, a, b, image, span));
        const at = ([x, y]: readonly number[]) => Math.floor(y) * image.width + Math.floor(x);
        const reached = new Set([at(a)]);
        for (const pixel of reached) {
          for (const dy of [-1, 0, 1])
            for (const dx of [-1, 0, 1]) {
              const next = pixel + dy * image.width + dx;
              if (drawn.has(next)) reached.add(next);
            }
        }
        expect(reached.has(at(b))).toBe(true);
        expect(reached.size).toBe(drawn.size);
      },
    ),
  );
});

test('a dab is the same number of pixels wherever it is', () => {
  const sizes = [1, 2, 3, 4, 5].map((size) =>
    [
      [20.1, 15.9],
      [20.5, 15.5],
      [20.9, 15.01],
    ].map(([x, y]) => pixelsOf(image, (span) => brushSegment({ size, round: true }, [x, y], [x, y], image, span)).size),
  );
  expect(sizes).toEqual([1, 4, 9, 12, 21].map((pixels) => [pixels, pixels, pixels]));
});
