import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paintOrder, pixelOutline, sideOutlines } from '../../../src-main/labels/outlines.ts';
import { fillArea, fillTouched } from '../../../src-main/labels/rasterise.ts';
import { type Region, regionsOf } from '../../../src-main/labels/regions.ts';
import { labelMap } from '../annotation/maps.ts';

const RUNS = { numRuns: 400 };

/** A map of letters; every letter is a class. */
function drawn(...rows: string[]): { width: number; height: number; labels: Uint8Array } {
  const labels = Uint8Array.from(rows.join(''), (letter) => letter.charCodeAt(0) - 97);
  return { width: rows[0].length, height: rows.length, labels };
}

const regions = (map: ReturnType<typeof drawn>) => regionsOf(map.labels, map.width, map.height);

function place(region: Region, width: number, pixels: Uint8Array, value: number): void {
  region.mask.forEach((inside, i) => {
    const [x, y] = [region.x + (i % region.width), region.y + Math.floor(i / region.width)];
    if (inside) pixels[y * width + x] = value;
  });
}

test('regions are what hangs together by sides', () => {
  const found = regions(drawn('aab', 'bab', 'bba'));
  expect(found.map(({ label, area, x, y, width, height }) => [label, area, x, y, width, height])).toEqual([
    [0, 3, 0, 0, 2, 2],
    [1, 2, 2, 0, 1, 2],
    [1, 3, 0, 1, 2, 2],
    [0, 1, 2, 2, 1, 1],
  ]);
});

test('regions cover the map, each pixel once', () => {
  fc.assert(
    fc.property(labelMap(4), (map) => {
      const back = new Uint8Array(map.labels.length);
      const all = regions(map);
      for (const region of all) place(region, map.width, back, region.label);
      expect(back).toEqual(map.labels);
      expect(all.reduce((sum, region) => sum + region.area, 0)).toBe(map.labels.length);
    }),
    RUNS,
  );
});

test('outlines along the sides, with holes', () => {
  const [ring] = regions(drawn('aaa', 'aba', 'aaa'));
  expect(sideOutlines(ring)).toEqual({ outer: [0, 0, 3, 0, 3, 3, 0, 3], holes: [[1, 2, 2, 2, 2, 1, 1, 1]] });
  // A hole that touches the outside at a corner is outside.
  const [open] = regions(drawn('baa', 'aba', 'aaa')).filter((one) => one.label === 0);
  expect(sideOutlines(open).holes).toEqual([]);
});

test('outlines along the sides give the same pixels', () => {
  fc.assert(
    fc.property(labelMap(3), (map) => {
      for (const region of regions(map)) {
        const pixels = new Uint8Array(map.labels.length);
        const fill = (points: number[], value: number) =>
          fillArea(points, map.width, map.height, (y, from, to) =>
            pixels.fill(value, y * map.width + from, y * map.width + to),
          );
        const { outer, holes } = sideOutlines(region);
        fill(outer, 1);
        for (const hole of holes) fill(hole, 0);
        const wanted = new Uint8Array(map.labels.length);
        place(region, map.width, wanted, 1);
        expect(pixels).toEqual(wanted);
      }
    }),
    RUNS,
  );
});

test('outlines through the pixels, drawn over each other, give the same map', () => {
  fc.assert(
    fc.property(labelMap(3), (map) => {
      const back = new Uint8Array(map.labels.length).fill(77);
      for (const region of paintOrder(regions(map))) {
        const outline = pixelOutline(region);
        expect(outline.length).toBeGreaterThanOrEqual(6);
        fillTouched(outline, map.width, map.height, (y, from, to) =>
          back.fill(region.label, y * map.width + from, y * map.width + to),
        );
      }
      expect(back).toEqual(map.labels);
    }),
    RUNS,
  );
});
