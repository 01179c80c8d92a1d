/** Brush and eraser: the pixels under a disc or a square that is drawn from one place to another. */
import { clipped, type Span } from './spans.ts';

export interface Brush {
  /** Diameter of the disc, or side of the square, in whole pixels from 1 on. */
  size: number;
  round: boolean;
}

/**
 * Where a brush of this size lies when the pointer is at `at`: on a pixel's centre or, with an even size, on a corner
 * of pixels, so that it covers the same pixels wherever it is.
 */
function snapped(at: number, size: number): number {
  return size % 2 === 1 ? Math.floor(at) + 0.5 : Math.round(at);
}

/**
 * The pixels whose centres the brush covers anywhere on its straight way, however far the two places lie apart: no
 * gaps, and each row of pixels once. Equal places make a dab. Places are x, y in pixels, inside the image or not.
 */
export function brushSegment(
  brush: Brush,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  image: { width: number; height: number },
  span: Span,
): void {
  const { size, round } = brush;
  const a = { x: snapped(x0, size), y: snapped(y0, size) };
  const b = { x: snapped(x1, size), y: snapped(y1, size) };
  const radius = size / 2;
  const rowOf = round ? capsuleRow : sweptSquareRow;
  const top = Math.max(0, Math.ceil(Math.min(a.y, b.y) - radius - 0.5));
  const bottom = Math.min(image.height - 1, Math.floor(Math.max(a.y, b.y) + radius - 0.5));
  for (let y = top; y <= bottom; y++) {
    const [left, right] = rowOf(a, b, radius, y + 0.5);
    clipped(y, Math.ceil(left - 0.5), Math.floor(right - 0.5) + 1, image.width, span);
  }
}

interface Point {
  x: number;
  y: number;
}

/** From where to where the row through `y` lies in what a disc covers on its way; as it is convex, one run. */
function capsuleRow(a: Point, b: Point, radius: number, y: number): [number, number] {
  let [left, right] = [Infinity, -Infinity];
  for (const p of [a, b]) {
    const half = radius * radius - (y - p.y) ** 2;
    if (half < 0) continue;
    left = Math.min(left, p.x - Math.sqrt(half));
    right = Math.max(right, p.x + Math.sqrt(half));
  }
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.hypot(dx, dy);
  if (length === 0) return [left, right];
  // Between the discs: the strip along the line, cut off square at its ends.
  const across = strip(dy, (y - a.y) * dx + a.x * dy, radius * length);
  const along = strip(dx, a.x * dx - (y - a.y) * dy + (length * length) / 2, (length * length) / 2);
  const [l, r] = [Math.max(across[0], along[0]), Math.min(across[1], along[1])];
  return l <= r ? [Math.min(left, l), Math.max(right, r)] : [left, right];
}

/** The same of a square. */
function sweptSquareRow(a: Point, b: Point, radius: number, y: number): [number, number] {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const [l, r] = strip(dy, (y - a.y) * dx + a.x * dy, radius * (Math.abs(dx) + Math.abs(dy)));
  return [Math.max(l, Math.min(a.x, b.x) - radius), Math.min(r, Math.max(a.x, b.x) + radius)];
}

/** The x with |k·x − c| ≤ d. */
function strip(k: number, c: number, d: number): [number, number] {
  if (k === 0) return Math.abs(c) <= d ? [-Infinity, Infinity] : [Infinity, -Infinity];
  const [p, q] = [(c - d) / k, (c + d) / k];
  return p < q ? [p, q] : [q, p];
}
