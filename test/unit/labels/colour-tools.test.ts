import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectedArea } from '../../../src-main/labels/connected.ts';
import { toLab } from '../../../src-main/labels/lab.ts';
import { componentsOf } from '../../../src-main/labels/regions.ts';
import { superpixels } from '../../../src-main/labels/slic.ts';
import { wand } from '../../../src-main/labels/wand.ts';
import golden from './golden/tools.json' with { type: 'json' };
import { pixelsOf, pixelsWhere } from './pixels.ts';

const rgbaOf = (rgb: ArrayLike<number>) =>
  Uint8Array.from({ length: (rgb.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : rgb[Math.floor(i / 4) * 3 + (i % 4)],
  );
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

const pictures = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    seed: fc.array(fc.nat({ max: 60 }), { minLength: 3, maxLength: 40 }),
  })
  .map(({ width, height, seed }) => ({
    width,
    height,
    rgba: rgbaOf(Array.from({ length: width * height * 3 }, (_, i) => seed[(i * i + Math.floor(i / 7)) % seed.length])),
  }));

test('the wand takes the pixels whose three colours are all near enough, everywhere or as far as they hang together', () => {
  fc.assert(
    fc.property(pictures, fc.nat(), fc.integer({ min: 0, max: 80 }), (picture, place, tolerance) => {
      const { width, rgba } = picture;
      const at = place % (width * picture.height);
      const [x, y] = [at % width, Math.floor(at / width)];
      const alike = (one: number) =>
        [0, 1, 2].every((c) => Math.abs(rgba[4 * one + c] - rgba[4 * at + c]) <= tolerance);
      const all = pixelsOf(picture, (span) => wand(picture, x, y, { tolerance, connected: false }, span));
      expect(all).toEqual(pixelsWhere(picture, (px, py) => alike(py * width + px)));
      const near = pixelsOf(picture, (span) => wand(picture, x, y, { tolerance, connected: true }, span));
      expect(near).toEqual(pixelsOf(picture, (span) => connectedArea(picture, x, y, (one) => all.has(one), span)));
    }),
  );
});

test('the wand outside of the image takes nothing', () => {
  const picture = { width: 2, height: 1, rgba: new Uint8Array(8) };
  for (const connected of [true, false]) {
    expect(pixelsOf(picture, (span) => wand(picture, 2, 0, { tolerance: 255, connected }, span)).size).toBe(0);
  }
});

test('colours become the L*a*b* of scikit-image', () => {
  for (const { rgb, lab } of golden.lab) {
    const got = toLab(rgbaOf(rgb));
    for (let c = 0; c < 3; c++) expect(Math.abs(got[c] - lab[c])).toBeLessThan(0.02);
  }
});

test('every superpixel hangs together, and they are numbered without gaps in the order of their first pixels', () => {
  fc.assert(
    fc.property(pictures, fc.integer({ min: 2, max: 9 }), (picture, size) => {
      const { labels, count } = superpixels(picture, size);
      const { extents } = componentsOf(Int32Array.from(labels), picture.width, picture.height);
      expect(extents.map(({ label }) => label)).toEqual(Array.from({ length: count }, (_, i) => i));
    }),
  );
});

test('superpixels keep to the edges of a picture as well as those of scikit-image, with no more of them', () => {
  const { width, height, size, rgb, truth, achievable, count: theirs } = golden.slic;
  const areas = bytes(truth);
  const { labels, count } = superpixels({ width, height, rgba: rgbaOf(bytes(rgb)) }, size);
  const inside = Array.from({ length: count }, () => new Map<number, number>());
  for (const [at, label] of labels.entries()) inside[label].set(areas[at], (inside[label].get(areas[at]) ?? 0) + 1);
  const right = inside.reduce((sum, counts) => sum + Math.max(...counts.values()), 0) / areas.length;
  expect(right).toBeGreaterThan(achievable - 0.005);
  expect(count).toBeLessThanOrEqual(theirs);
});

test('one colour gives squares of the size that is asked for', () => {
  const { labels, count } = superpixels({ width: 40, height: 30, rgba: new Uint8Array(4800).fill(90) }, 10);
  expect(count).toBe(12);
  const areas = new Uint32Array(count);
  for (const label of labels) areas[label]++;
  for (const area of areas) expect(Math.abs(area - 100)).toBeLessThanOrEqual(25);
});
