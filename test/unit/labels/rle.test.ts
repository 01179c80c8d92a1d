import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRuns, columnRuns, eachRun, rowRuns, runsOfText, textOfRuns } from '../../../src-main/labels/rle.ts';

/** Made by test/oracles/shapes.py with pycocotools. */
const golden: { runs: { size: [number, number]; text: string }[] } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'golden/shapes.json'), 'utf8'),
);

/** What runs stand for, along whatever they run. */
function marked(runs: number[], pixels: number): Uint8Array {
  checkRuns(runs, pixels);
  const marks = new Uint8Array(pixels);
  eachRun(runs, (from, to) => marks.fill(1, from, to));
  return marks;
}

/** Columns after each other as rows after each other. */
function turned(columns: Uint8Array, width: number, height: number): Uint8Array {
  return Uint8Array.from(columns, (_, i) => columns[(i % width) * height + Math.floor(i / width)]);
}

const side = fc.integer({ min: 1, max: 30 });
const mask = fc.tuple(side, side, fc.constantFrom(0, 0, 1, 2)).chain(([width, height, kind]) => {
  const size = { minLength: width * height, maxLength: width * height };
  const values =
    kind === 0 ? fc.uint8Array({ ...size, max: 1 }) : fc.constant(new Uint8Array(width * height).fill(kind - 1));
  return values.map((mask) => ({ width, height, mask }));
});

test.each(golden.runs.map((one) => [one.size.join('×'), one] as const))('the text of pycocotools, %s', (_, one) => {
  const [height, width] = one.size;
  const runs = runsOfText(one.text);
  expect(textOfRuns(runs)).toBe(one.text);
  const part = { x: 0, y: 0, width, height, mask: turned(marked(runs, width * height), width, height) };
  expect(columnRuns(part, part)).toEqual(runs);
});

test('runs give the mask back, wherever its box lies in the image', () => {
  fc.assert(
    fc.property(mask, fc.nat(5), fc.nat(5), fc.nat(5), fc.nat(5), ({ width, height, mask }, x, y, right, low) => {
      const image = { width: x + width + right, height: y + height + low };
      const pixels = image.width * image.height;
      const whole = new Uint8Array(pixels);
      for (let row = 0; row < height; row++) {
        whole.set(mask.subarray(row * width, (row + 1) * width), (y + row) * image.width + x);
      }
      const runs = columnRuns({ x, y, width, height, mask }, image);
      expect(runs.slice(1)).not.toContain(0);
      expect(turned(marked(runsOfText(textOfRuns(runs)), pixels), image.width, image.height)).toEqual(whole);
      expect(marked(rowRuns(mask), mask.length)).toEqual(mask);
    }),
    { numRuns: 300 },
  );
});
