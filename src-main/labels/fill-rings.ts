/** Polygons as rows of pixels, by the pixels' centres. */
import { clipped, type Span } from './spans.ts';

/** Crossings of edges and rows beyond which a polygon is refused: no drawing by hand comes near. */
const MAX_CROSSINGS = 4_000_000;

/**
 * The pixels whose centres an odd number of rings surrounds, so a ring in a ring is a hole and a figure that crosses
 * itself has them too. (0, 0) is the corner of the first pixel: a rectangle from 0, 0 to 2, 1 holds two pixels. Clipped
 * to the image; two shapes that share an edge share no pixel.
 * @param rings x, y, x, y, … of each, any finite numbers; a ring's last point is joined to its first
 * @throws Error in a few words where there are too many edges
 */
export function fillRings(rings: readonly ArrayLike<number>[], width: number, height: number, span: Span): void {
  for (const [y, xs] of crossings(rings, height, 0.5)) {
    for (let i = 0; i + 1 < xs.length; i += 2) {
      clipped(y, Math.ceil(xs[i] - 0.5), Math.ceil(xs[i + 1] - 0.5), width, span);
    }
  }
}

/**
 * For each row that has any, where edges cross the line `y + centre`, in rising order.
 * @throws Error in a few words where there are too many
 */
export function crossings(rings: readonly ArrayLike<number>[], height: number, centre: number): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  let count = 0;
  for (const points of rings) {
    for (let i = 0; i < points.length; i += 2) {
      const next = (i + 2) % points.length;
      let [xa, ya, xb, yb] = [points[i], points[i + 1], points[next], points[next + 1]];
      if (ya > yb) [xa, ya, xb, yb] = [xb, yb, xa, ya];
      // A row is crossed from the upper end on and before the lower one, so that a corner counts once.
      const first = Math.max(0, Math.ceil(ya - centre));
      const last = Math.min(height, Math.ceil(yb - centre));
      count += Math.max(0, last - first);
      if (count > MAX_CROSSINGS) throw new Error('a polygon has too many edges');
      for (let y = first; y < last; y++) {
        const x = xa + ((y + centre - ya) * (xb - xa)) / (yb - ya);
        const xs = rows.get(y);
        if (xs) xs.push(x);
        else rows.set(y, [x]);
      }
    }
  }
  for (const xs of rows.values()) xs.sort((a, b) => a - b);
  return rows;
}
