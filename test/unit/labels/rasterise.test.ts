import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ellipse, fillArea, fillTouched } from '../../../src-main/labels/rasterise.ts';
import { checkRuns, eachRun, runsOfText, spansOfColumns } from '../../../src-main/labels/rle.ts';
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

describe('polygons', () => {
  test('a rectangle by both rules', () => {
    expect(drawn(fillArea, [0, 0, 2, 0, 2, 1, 0, 1], 4, 3)).toEqual(['##..', '....', '....']);
    expect(drawn(fillTouched, [0, 0, 2, 0, 2, 1, 0, 1], 4, 3)).toEqual(['###.', '###.', '....']);
  });

  test('a figure that crosses itself has a hole', () => {
    const star = [20, 1, 32, 28, 3, 10, 37, 10, 8, 28];
    expect(drawn(fillArea, star, 40, 30)[15][20]).toBe('.');
    expect(drawn(fillArea, star, 40, 30)[5][20]).toBe('#');
  });

  test.each(golden.shapes.map((shape, i) => [i, shape] as const))('polygon %i as the others draw it', (_, shape) => {
    expect(drawn(fillTouched, shape.points)).toEqual(shape.pillow);
    expect(drawn(fillArea, shape.points)).toEqual(shape.coco);
  });

  test('a corner far outside of any image is refused, others are not', () => {
    const far = (x: number) => [0, 0, x, 0, x, 3, 0, 3];
    expect(drawn(fillArea, far(1e6), 4, 3)).toEqual(['####', '####', '####']);
    expect(() => drawn(fillArea, far(1e9), 4, 3)).toThrow('far outside');
    expect(drawn(fillTouched, far(1e9), 4, 3)).toEqual(['####', '####', '####']);
  });

  test('any finite points stay inside and end soon', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -9, max: 50, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { maxLength: 9 }), (points) => {
        drawn(fillTouched, points.flat());
        try {
          drawn(fillArea, points.flat());
        } catch (error) {
          expect((error as Error).message).toContain('far outside');
        }
      }),
    );
  });

  test.each([
    ['fillArea', fillArea],
    ['fillTouched', fillTouched],
  ])('%s tells what it costs before it does it', (_, fill) => {
    const zigzag = Array.from({ length: 60_000 }, (_, i) => (i % 4 === 1 ? 1000 : i % 2 === 1 ? 0 : i));
    let left = 100_000_000;
    const spend = (cost: number) => {
      left -= cost;
      if (left < 0) throw new Error('too much');
    };
    expect(() => fill(zigzag, 10, 1000, () => {}, spend)).toThrow('too much');
  });

  test('an ellipse holds its area', () => {
    const pixels =
      drawn(fillArea, ellipse(20, 15, 12, 6, 30), 40, 30)
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

  test('runs down the columns as runs along the rows: each pixel once, rows as long as they can be', () => {
    const plan = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(12), { maxLength: 12 }));
    fc.assert(
      fc.property(plan, ([height, runs]) => {
        const sum = runs.reduce((total, run) => total + run, 0);
        const width = Math.max(1, Math.ceil(sum / height));
        const whole = [...runs, ...(runs.length % 2 === 0 ? [] : [0]), width * height - sum];
        const wanted = new Uint8Array(width * height);
        eachRun(whole, (from, to) => {
          for (let at = from; at < to; at++) wanted[(at % height) * width + Math.floor(at / height)] = 1;
        });
        const found = new Uint8Array(width * height);
        spansOfColumns(whole, height, (y, from, to) => {
          for (let x = from; x < to; x++) found[y * width + x] += 1;
          if (from > 0) expect(wanted[y * width + from - 1]).toBe(0);
          if (to < width) expect(wanted[y * width + to]).toBe(0);
        });
        expect(found).toEqual(wanted);
      }),
    );
  });

  test('what is damaged is refused', () => {
    for (const text of ['o', 'oooooooo1', '\n', '1é']) expect(() => runsOfText(text)).toThrow('damaged');
    for (const runs of [[1.5, 2.5], [-1, 5], [5], [2, 1]]) expect(() => checkRuns(runs, 4)).toThrow();
    expect(() => checkRuns([1, 3], 4)).not.toThrow();
  });
});
