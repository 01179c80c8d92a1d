/** The points of a map, and what lies where. Pure. */
import type { Point } from '../canvas/viewport.ts';

/** Maps are laid into a square of this side with a margin, whatever numbers their method gives. */
export const SIDE = 1000;
const MARGIN = 40;

export interface Points {
  items: Int32Array;
  /** Within the square; y downwards. */
  x: Float32Array;
  y: Float32Array;
}

/** Reads what `projectionResources.points` answers, laid into the square with its proportions kept. */
export function readPoints(bytes: ArrayBuffer): Points {
  const count = bytes.byteLength / 12;
  const items = new Int32Array(bytes, 0, count);
  const raw = new Float32Array(bytes, 4 * count);
  const x = Float32Array.from(items, (_, i) => raw[2 * i]);
  const y = Float32Array.from(items, (_, i) => raw[2 * i + 1]);
  const [left, right] = rangeOf(x);
  const [top, bottom] = rangeOf(y);
  const scale = (SIDE - 2 * MARGIN) / Math.max(right - left, bottom - top, Number.MIN_VALUE);
  const fit = Number.isFinite(scale) ? scale : 0;
  for (let i = 0; i < count; i++) {
    x[i] = SIDE / 2 + (x[i] - (left + right) / 2) * fit;
    y[i] = SIDE / 2 + (y[i] - (top + bottom) / 2) * fit;
  }
  return { items, x, y };
}

function rangeOf(values: Float32Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The place of the point nearest to one in the square, no further than `within`; null where there is none. */
export function nearestPoint({ x, y }: Points, at: Point, within: number): number | null {
  let found: number | null = null;
  let least = within * within;
  for (let i = 0; i < x.length; i++) {
    const distance = (x[i] - at.x) ** 2 + (y[i] - at.y) ** 2;
    if (distance <= least) {
      least = distance;
      found = i;
    }
  }
  return found;
}

/** The items of the points inside a polygon; where it crosses itself, even-odd. */
export function itemsInside({ items, x, y }: Points, polygon: readonly Point[]): number[] {
  const [left, right] = rangeOf(Float32Array.from(polygon, (corner) => corner.x));
  const [top, bottom] = rangeOf(Float32Array.from(polygon, (corner) => corner.y));
  const found: number[] = [];
  for (let i = 0; i < items.length; i++) {
    if (x[i] < left || x[i] > right || y[i] < top || y[i] > bottom) continue;
    let inside = false;
    for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
      const [from, to] = [polygon[a], polygon[b]];
      if (from.y > y[i] === to.y > y[i]) continue;
      if (x[i] < ((to.x - from.x) * (y[i] - from.y)) / (to.y - from.y) + from.x) inside = !inside;
    }
    if (inside) found.push(items[i]);
  }
  return found;
}
