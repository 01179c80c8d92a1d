import fc from 'fast-check';
import { expect, test } from 'vitest';
import { enlarged } from '../../../src-main/assist/segmenter.ts';

test('a small map of logits is sampled bilinearly at the pixels of the image', () => {
  const side = fc.integer({ min: 1, max: 5 });
  const length = fc.integer({ min: 1, max: 30 });
  const logits = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 25, maxLength: 25 });
  fc.assert(
    fc.property(side, side, length, length, logits, (columns, rows, width, height, values) => {
      const value = (x: number, y: number) =>
        values[Math.min(rows - 1, Math.max(0, y)) * columns + Math.min(columns - 1, Math.max(0, x))];
      const found = enlarged(Float32Array.from(values), columns, rows, width, height);
      const inside = new Uint8Array(width * height);
      found?.mask.forEach((one, i) => {
        inside[(found.y + Math.floor(i / found.width)) * width + found.x + (i % found.width)] = one;
      });
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          // Weights of the four places around, as a tent over each.
          const [px, py] = [((x + 0.5) * columns) / width - 0.5, ((y + 0.5) * rows) / height - 0.5];
          let sum = 0;
          for (let r = -1; r <= rows; r++) {
            for (let c = -1; c <= columns; c++) {
              sum += Math.max(0, 1 - Math.abs(px - c)) * Math.max(0, 1 - Math.abs(py - r)) * value(c, r);
            }
          }
          if (Math.abs(sum) > 1e-6) expect(inside[y * width + x]).toBe(sum > 0 ? 1 : 0);
        }
      }
      if (!found) return;
      const rowsOf = (at: number) => found.mask.subarray(at * found.width, (at + 1) * found.width);
      expect(rowsOf(0).includes(1) && rowsOf(found.height - 1).includes(1)).toBe(true);
    }),
  );
});
