/** The magic wand: pixels of about the colour of one. */
import { connectedArea } from './connected.ts';
import type { Span } from './spans.ts';

/** An image as a canvas gives it. */
export interface Picture {
  width: number;
  height: number;
  /** Red, green, blue and opacity of each pixel, row by row. */
  rgba: Uint8Array | Uint8ClampedArray;
}

/**
 * @param tolerance how far red, green and blue may each be from the colour at the place, 0–255
 * @param connected only pixels that hang together with the place; otherwise all of the image
 */
export function wand(
  { width, height, rgba }: Picture,
  x: number,
  y: number,
  { tolerance, connected }: { tolerance: number; connected: boolean },
  span: Span,
): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const seed = 4 * (y * width + x);
  const [red, green, blue] = [rgba[seed], rgba[seed + 1], rgba[seed + 2]];
  const isAlike = (at: number) =>
    Math.abs(rgba[4 * at] - red) <= tolerance &&
    Math.abs(rgba[4 * at + 1] - green) <= tolerance &&
    Math.abs(rgba[4 * at + 2] - blue) <= tolerance;
  if (connected) {
    connectedArea({ width, height }, x, y, isAlike, span);
    return;
  }
  for (let row = 0; row < height; row++) {
    const first = row * width;
    for (let at = first; at < first + width; at++) {
      if (!isAlike(at)) continue;
      const from = at;
      while (at < first + width && isAlike(at)) at++;
      span(row, from - first, at - first);
    }
  }
}
