/** What of which shape lies under the pointer. */
import type { LabelShape } from '../contract/annotation.ts';
import { type Bounds, boundsOf, isInside, nearestOnEdge, type Point, type Rings } from './rings.ts';

export type OutlineHit =
  | { part: 'corner'; ring: number; corner: number }
  /** `edge`: the corner that it begins at; `point`: the nearest on it. */
  | { part: 'edge'; ring: number; edge: number; point: Point };

export type ShapeHit = (OutlineHit | { part: 'inside' }) & { shape: LabelShape };

/** A shape is never changed, only replaced. */
const known = new WeakMap<Rings, Bounds>();

function boundsOnce(rings: Rings): Bounds | undefined {
  let bounds = known.get(rings);
  if (!bounds) {
    bounds = boundsOf(rings) ?? undefined;
    if (bounds) known.set(rings, bounds);
  }
  return bounds;
}

/** The nearest corner within reach; where there is none, the nearest edge within reach. @param reach in pixels */
export function hitOutline(rings: Rings, pointer: Point, reach: number): OutlineHit | null {
  return nearest(rings, pointer, reach)?.hit ?? null;
}

/**
 * What is nearest of many shapes: a corner within reach, else an edge within reach, else the inside of the smallest
 * shape around the pointer.
 */
export function hitShapes(shapes: Iterable<LabelShape>, pointer: Point, reach: number): ShapeHit | null {
  let best: { shape: LabelShape; hit: OutlineHit; distance2: number } | null = null;
  let around: { shape: LabelShape; size: number } | null = null;
  const [x, y] = pointer;
  for (const shape of shapes) {
    const bounds = boundsOnce(shape.rings);
    if (!bounds) continue;
    const { left, top, right, bottom } = bounds;
    if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) continue;
    const found = nearest(shape.rings, pointer, reach);
    if (found && (!best || isNearer(found, best))) best = { shape, ...found };
    const size = (right - left) * (bottom - top);
    if ((!around || size < around.size) && isInside(shape.rings, pointer)) around = { shape, size };
  }
  if (best) return { ...best.hit, shape: best.shape };
  return around && { part: 'inside', shape: around.shape };
}

interface Found {
  hit: OutlineHit;
  distance2: number;
}

function isNearer(a: Found, b: Found): boolean {
  return a.hit.part === b.hit.part ? a.distance2 < b.distance2 : a.hit.part === 'corner';
}

function nearest(rings: Rings, pointer: Point, reach: number): Found | null {
  let best: Found | null = null;
  rings.forEach((points, ring) => {
    for (let i = 0; i < points.length; i += 2) {
      const a: Point = [points[i], points[i + 1]];
      const next = (i + 2) % points.length;
      const corner = (pointer[0] - a[0]) ** 2 + (pointer[1] - a[1]) ** 2;
      const { point, distance2 } = nearestOnEdge(pointer, a, [points[next], points[next + 1]]);
      if (distance2 > reach * reach) continue;
      const found: Found =
        corner <= reach * reach
          ? { hit: { part: 'corner', ring, corner: i / 2 }, distance2: corner }
          : { hit: { part: 'edge', ring, edge: i / 2, point }, distance2 };
      if (!best || isNearer(found, best)) best = found;
    }
  });
  return best;
}
