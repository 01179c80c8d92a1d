import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ellipse, fillArea, fillTouched } from '../../../src-main/datasets/rasterise.ts';
import { checkRuns, eachRun, runsOfText } from '../../../src-main/datasets/rle.ts';
import type { Span } from '../../../src-main/labels/spans.ts';

/** Made by test/oracles/shapes.py with Pillow and pycocotools. */
const golden: {
  width: number;
  height: number;
  shapes: { points: number[]; pillow: string[]; coco: string[] }[];
  runs: { size: [number, number]; text: string; sum: number; columns: number[] }[];
} = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden/shapes.json'), 'utf8'));

type Fill = (points: number[], width: number, height: number, span: Span) => void;

function drawn(fill: Fill, points: number[], width = golden.width, height = golden.height): string[] {
  const rows = Array.from({ length: height }, () => new Array<string>(width).fill('.'));
  fill(points, width, height, (y, from, to) => {
    expect(y >= 0 && y < height && from >= 0 && to <= width && from < to).toBe(true);
    rows[y].fill('#', from, to);
  });
  return rows.map((row) => row.join(''));
}

/** The greatest distance from the outline of a pixel that is drawn differently; `centre` is where a pixel's centre lies. */
function apart(a: string[], b: string[], points: number[], centre: number): number {
  let worst = 0;
  a.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== b[y][x]) worst = Math.max(worst, distance(points, x + centre, y + centre));
    }
  });
  return worst;
}

function distance(points: number[], x: number, y: number): number {
  return Math.min(
    ...points.flatMap((_, i) => {
      if (i % 2 === 1) return [];
      const [xa, ya, xb, yb] = [0, 1, 2, 3].map((k) => points[(i + k) % points.length]);
      const along = ((x - xa) * (xb - xa) + (y - ya) * (yb - ya)) / ((xb - xa) ** 2 + (yb - ya) ** 2 || 1);
      const t = Math.min(1, Math.max(0, along));
      return [Math.hypot(x - xa - t * (xb - xa), y - ya - t * (yb - ya))];
    }),
  );
}

describe('polygons', () => {
  test('a rectangle by both rules', () => {
    expect(drawn(fillArea, [0, 0, 2, 0, 2, 1, 0, 1], 4, 3)).toEqual(['##..', '....', '....']);
    expect(drawn(fillTouched, [0, 0, 2, 0, 2, 1, 0, 1], 4, 3)).toEqual(['###.', '###.', '....']);
  });

  test('a figure that crosses itself has a hole', () => {
    const star = [20, 1, 32, 28, 3, 10, 37, 10, 8, 28];
    expect(drawn(fillArea, star)[15][20]).toBe('.');
    expect(drawn(fillArea, star)[5][20]).toBe('#');
  });

  test.each(golden.shapes.map((shape, i) => [i, shape] as const))('polygon %i as the others draw it', (_, shape) => {
    // Pillow rounds its lines in its own way, pycocotools rounds corners to fifths of a pixel.
    const whole = shape.points.map(Math.trunc);
    expect(apart(drawn(fillTouched, shape.points), shape.pillow, whole, 0)).toBeLessThan(0.75);
    expect(apart(drawn(fillArea, shape.points), shape.coco, shape.points, 0.5)).toBeLessThan(0.25);
  });

  test('any finite points stay inside and end soon', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -9, max: 50, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { maxLength: 9 }), (points) => {
        for (const fill of [fillArea, fillTouched]) drawn(fill, points.flat());
      }),
    );
  });

  test('too many edges are refused', () => {
    const zigzag = Array.from({ length: 60_000 }, (_, i) => (i % 4 === 1 ? 1000 : i % 2 === 1 ? 0 : i));
    expect(() => fillArea(zigzag, 10, 1000, () => {})).toThrow('too many edges');
  });

  test('an ellipse holds its area', () => {
    const pixels =
      drawn(fillArea, ellipse(20, 15, 12, 6, 30))
        .join('')
        .split('#').length - 1;
    expect(Math.abs(pixels - Math.PI * 72)).toBeLessThan(4);
  });
});

describe('run lengths', () => {
  test.each(golden.runs.map((one) => [one.size.join('×'), one] as const))('pycocotools’ text, %s', (_, one) => {
    const runs = runsOfText(one.text);
    checkRuns(runs, one.size[0] * one.size[1]);
    const on: number[] = [];
    eachRun(runs, (from, to) => {
      for (let i = from; i < to; i++) on.push(i);
    });
    expect(on.length).toBe(one.sum);
    expect(on.slice(0, 400)).toEqual(one.columns);
  });

  test('what is damaged is refused', () => {
    for (const text of ['o', 'oooooooo1', '\n', '1é']) expect(() => runsOfText(text)).toThrow('damaged');
    for (const runs of [[1.5, 2.5], [-1, 5], [5], [2, 1]]) expect(() => checkRuns(runs, 4)).toThrow();
    expect(() => checkRuns([1, 3], 4)).not.toThrow();
  });
});
