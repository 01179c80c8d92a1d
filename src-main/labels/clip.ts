/** Outlines merged and cut, by Clipper2, which computes on whole numbers: coordinates are rounded to 1/1024 pixel. */
import { Clipper, FillRule, type Paths64 } from 'clipper2-ts';
import { boundsOf, type Point, type Rings } from './rings.ts';

/** A power of two, so that whole and half pixels come back as they were. */
const SCALE = 1024;

function toPaths(rings: Rings): Paths64 {
  return rings.map((ring) =>
    Array.from({ length: ring.length / 2 }, (_, i) => ({
      x: Math.round(ring[2 * i] * SCALE),
      y: Math.round(ring[2 * i + 1] * SCALE),
    })),
  );
}

const toRings = (paths: Paths64): number[][] => paths.map((path) => path.flatMap(({ x, y }) => [x / SCALE, y / SCALE]));

/** What lies in any of several shapes; holes that none of them covers stay. */
export function merged(shapes: readonly Rings[]): number[][] {
  // Each shape on its own first, by the even-odd rule; then its rings turn one way around, and holes the other.
  const turned = shapes.flatMap((rings) => Clipper.union(toPaths(rings), [], FillRule.EvenOdd));
  return toRings(Clipper.union(turned, [], FillRule.NonZero));
}

/**
 * The parts of a shape on both sides of the line through two points, which goes on beyond them.
 * @returns null where the line does not go through the shape
 */
export function cut(rings: Rings, a: Point, b: Point): [number[][], number[][]] | null {
  const bounds = boundsOf(rings);
  if (!bounds || (a[0] === b[0] && a[1] === b[1])) return null;
  const { left, top, right, bottom } = bounds;
  const half = leftOf(a, b, [
    [left - 1, top - 1],
    [right + 1, top - 1],
    [right + 1, bottom + 1],
    [left - 1, bottom + 1],
  ]);
  if (half.length === 0) return null;
  const side = toPaths([half]);
  const paths = toPaths(rings);
  const one = Clipper.intersect(paths, side, FillRule.EvenOdd);
  const other = Clipper.difference(paths, side, FillRule.EvenOdd);
  return one.length > 0 && other.length > 0 ? [toRings(one), toRings(other)] : null;
}

/** The part of a convex figure on one side of a line (Sutherland and Hodgman 1974). */
function leftOf(a: Point, b: Point, corners: readonly Point[]): number[] {
  const over = ([x, y]: Point) => (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
  const part: number[] = [];
  corners.forEach((corner, i) => {
    const before = corners.at(i - 1)!;
    const [from, to] = [over(before), over(corner)];
    if (from > 0 !== to > 0) {
      const share = from / (from - to);
      part.push(before[0] + share * (corner[0] - before[0]), before[1] + share * (corner[1] - before[1]));
    }
    if (to > 0) part.push(...corner);
  });
  return part;
}
