/**
 * Outlines as they are edited: rings as in `LabelShape`, flat lists x, y, x, y … of at least three corners. Nothing here
 * changes a ring that it is given: shapes are kept in the history.
 */

export type Ring = readonly number[];
export type Rings = readonly Ring[];
export type Point = readonly [x: number, y: number];

/** The smallest box around rings; null where there are none. */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function boundsOf(rings: Rings): Bounds | null {
  if (rings.length === 0) return null;
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      bounds.left = Math.min(bounds.left, ring[i]);
      bounds.right = Math.max(bounds.right, ring[i]);
      bounds.top = Math.min(bounds.top, ring[i + 1]);
      bounds.bottom = Math.max(bounds.bottom, ring[i + 1]);
    }
  }
  return bounds;
}

/** Whether an odd number of rings surrounds a point, as `fillRings` asks of pixels' centres. */
export function isInside(rings: Rings, [x, y]: Point): boolean {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, before = ring.length - 2; i < ring.length; before = i, i += 2) {
      const [xa, ya, xb, yb] = [ring[before], ring[before + 1], ring[i], ring[i + 1]];
      if (ya > y !== yb > y && x < xa + ((y - ya) * (xb - xa)) / (yb - ya)) odd = !odd;
    }
  }
  return odd;
}

/** With a corner moved. @param corner its place in the ring, from 0 on */
export function withCornerAt(rings: Rings, ring: number, corner: number, [x, y]: Point): number[][] {
  return replaced(rings, ring, (points) => points.splice(2 * corner, 2, x, y));
}

/** With a corner more. @param edge the corner that the edge begins at; the new one comes after it */
export function withCornerOn(rings: Rings, ring: number, edge: number, [x, y]: Point): number[][] {
  return replaced(rings, ring, (points) => points.splice(2 * edge + 2, 0, x, y));
}

/** Without a corner; a ring of three goes altogether. */
export function withoutCorner(rings: Rings, ring: number, corner: number): number[][] {
  return replaced(rings, ring, (points) => points.splice(2 * corner, 2)).filter((points) => points.length >= 6);
}

/** All of them moved by so much. */
export function shifted(rings: Rings, dx: number, dy: number): number[][] {
  return rings.map((ring) => ring.map((at, i) => at + (i % 2 === 0 ? dx : dy)));
}

function replaced(rings: Rings, which: number, change: (ring: number[]) => void): number[][] {
  return rings.map((ring, i) => {
    const copy = [...ring];
    if (i === which) change(copy);
    return copy;
  });
}

/** The square of the distance between a point and a line from a to b, and the line's point that is nearest. */
export function nearestOnEdge([x, y]: Point, [xa, ya]: Point, [xb, yb]: Point): { point: Point; distance2: number } {
  const dx = xb - xa;
  const dy = yb - ya;
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - xa) * dx + (y - ya) * dy) / length2));
  const point: Point = [xa + along * dx, ya + along * dy];
  return { point, distance2: (x - point[0]) ** 2 + (y - point[1]) ** 2 };
}
