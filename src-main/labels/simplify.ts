/** Outlines with fewer corners. */
import { nearestOnEdge, type Point, type Ring, type Rings } from './rings.ts';

/**
 * Leaves out corners that lie no further than `tolerance` pixels from the outline that is left (Ramer 1972; Douglas and
 * Peucker 1973). A ring of which nothing but a line would be left goes; if all would, the rings stay as they are.
 */
export function simplified(rings: Rings, tolerance: number): number[][] {
  const fewer = rings.map((ring) => simplifiedRing(ring, tolerance)).filter((ring) => ring.length >= 6);
  return fewer.length > 0 ? fewer : rings.map((ring) => [...ring]);
}

function simplifiedRing(ring: Ring, tolerance: number): number[] {
  const corners = ring.length / 2;
  const point = (i: number): Point => [ring[2 * (i % corners)], ring[2 * (i % corners) + 1]];
  const kept = new Uint8Array(corners);
  // A ring has no ends: its leftmost corner, which is one of its hull, stands for both.
  let start = 0;
  for (let i = 1; i < corners; i++) if (ring[2 * i] < ring[2 * start]) start = i;
  kept[start] = 1;
  const waiting: [from: number, to: number][] = [[start, start + corners]];
  while (waiting.length > 0) {
    const [from, to] = waiting.pop()!;
    let farthest = -1;
    let most = tolerance * tolerance;
    for (let i = from + 1; i < to; i++) {
      const { distance2 } = nearestOnEdge(point(i), point(from), point(to));
      if (distance2 > most) [most, farthest] = [distance2, i];
    }
    if (farthest < 0) continue;
    kept[farthest % corners] = 1;
    waiting.push([from, farthest], [farthest, to]);
  }
  return ring.filter((_, i) => kept[Math.floor(i / 2)] === 1);
}
