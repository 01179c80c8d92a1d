import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pooling } from '../../../src-main/embedding/pooling.ts';

test('every row sums to 1, and each cell counts by the pixels that lie in it', () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.constantFrom(0, 1, 2, 255)), ([rows, columns, stride, padding], values) => {
      const input = [rows * stride, columns * stride] as const;
      const image = [Math.max(1, input[0] - padding), Math.max(1, input[1] - padding)] as const;
      const labels = Array.from({ length: image[0] * image[1] }, () => values.next().value as number);
      const { classes, weights } = pooling(labels, 3, image, input, [rows, columns]);
      const cells = rows * columns;
      expect(weights).toHaveLength((1 + classes.length) * cells);
      const counts = (pick: (label: number) => boolean) => {
        const all = new Array<number>(cells).fill(0);
        labels.forEach((label, p) => {
          const [y, x] = [Math.floor(p / image[1]), p % image[1]];
          if (pick(label)) all[Math.floor(y / stride) * columns + Math.floor(x / stride)]++;
        });
        return all;
      };
      const present = [0, 1, 2].filter((c) => labels.filter((label) => label === c).length >= stride * stride);
      expect(classes.map((one) => one.class)).toEqual(present);
      const expected = [counts(() => true), ...present.map((c) => counts((label) => label === c))];
      expected.forEach((row, i) => {
        const total = row.reduce((sum, n) => sum + n, 0);
        if (i > 0) expect(classes[i - 1].pixels).toBe(total);
        for (const [cell, n] of row.entries()) expect(weights[i * cells + cell]).toBeCloseTo(n / total, 6);
      });
    }),
  );
});

test('without labels there is the image’s row alone', () => {
  const { classes, weights } = pooling(null, 3, [2, 2], [2, 2], [1, 2]);
  expect(classes).toEqual([]);
  expect([...weights]).toEqual([0.5, 0.5]);
});
