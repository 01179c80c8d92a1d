/** Areas as sets of pixels, for tests. */
import fc from 'fast-check';
import type { Span } from '../../../src-main/labels/spans.ts';

export interface Size {
  width: number;
  height: number;
}

/**
 * The pixels that a tool tells, as `y·width + x`. Each run must lie in the image, not be empty, and no pixel may come
 * twice.
 */
export function pixelsOf({ width, height }: Size, tool: (span: Span) => void): Set<number> {
  const pixels = new Set<number>();
  tool((y, from, to) => {
    if (!(y >= 0 && y < height && from >= 0 && from < to && to <= width)) throw new Error(`run ${y}: ${from}–${to}`);
    for (let at = y * width + from; at < y * width + to; at++) {
      if (pixels.has(at)) throw new Error(`pixel ${at} came twice`);
      pixels.add(at);
    }
  });
  return pixels;
}

/** The pixels for which something holds. */
export function pixelsWhere({ width, height }: Size, holds: (x: number, y: number) => boolean): Set<number> {
  const pixels = new Set<number>();
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (holds(x, y)) pixels.add(y * width + x);
  return pixels;
}

/** Label maps of a few classes with areas that hang together, single pixels and borders. */
export const labelMaps = (largest = 24, classes = 3) =>
  fc
    .record({
      width: fc.integer({ min: 1, max: largest }),
      height: fc.integer({ min: 1, max: largest }),
      seed: fc.array(fc.nat({ max: classes - 1 }), { minLength: 4, maxLength: 60 }),
      grain: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ width, height, seed, grain }) => ({
      width,
      height,
      classes: Uint8Array.from({ length: width * height }, (_, at) => {
        const x = Math.floor((at % width) / grain);
        const y = Math.floor(Math.floor(at / width) / grain);
        return seed[(x * 7 + y * 13) % seed.length];
      }),
    }));

/** Those of `a` that are not in `b`. */
export function without(a: Set<number>, b: Set<number>): number[] {
  return [...a].filter((pixel) => !b.has(pixel));
}

/** A set of pixels as lines of # and . and back. */
export function drawing(set: Uint8Array, { width, height }: Size): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(set.subarray(y * width, (y + 1) * width), (one) => (one ? '#' : '.')).join(''),
  );
}

export function setOf(lines: readonly string[]): Uint8Array {
  return Uint8Array.from(lines.join(''), (letter) => (letter === '#' ? 1 : 0));
}
