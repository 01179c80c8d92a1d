/**
 * Outlines of regions, such that filling them gives exactly the region's pixels again, by the pixels' centres
 * (`fillRings`) or by Pillow's rule (`labels/rasterise.ts`).
 */
import type { Region } from './regions.ts';
import type { BoxMask } from './spans.ts';

/** Steps to the east, south, west and north. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** From the corner where a step begins to the pixel that it leaves on its right. */
const RIGHT = [
  [0, 0],
  [-1, 0],
  [-1, -1],
  [0, -1],
] as const;

/** One walk around a region or one of its holes: unit steps along the sides of pixels, the region on the right. */
interface Loop {
  steps: { x: number; y: number; to: number }[];
  /** Twice the area it encloses; negative around a hole. */
  area: number;
}

/** All loops of a mask; of a region the outer one first. Coordinates are the image's; 0, 0 is the first pixel's upper left corner. */
function loopsOf({ x: left, y: top, width, height, mask }: BoxMask): Loop[] {
  const inside = (x: number, y: number) => x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x] !== 0;
  const hasTop = (x: number, y: number) => inside(x, y) && !inside(x, y - 1);
  /** Pixels whose upper side has been walked. */
  const walked = new Uint8Array(mask.length);
  const loops: Loop[] = [];
  for (let start = 0; start < mask.length; start++) {
    const [startX, startY] = [start % width, Math.floor(start / width)];
    if (walked[start] || !hasTop(startX, startY)) continue;
    const loop: Loop = { steps: [], area: 0 };
    let [x, y, to] = [startX, startY, 0];
    do {
      loop.steps.push({ x: left + x, y: top + y, to });
      if (to === 0) walked[y * width + x] = 1;
      const [dx, dy] = STEPS[to];
      loop.area += x * dy - y * dx;
      x += dx;
      y += dy;
      // To the right as soon as it can be, so that pixels which touch at a corner only are walked around one by one.
      to = [1, 0, 3].map((turn) => (to + turn) % 4).find((next) => isSide(next, x, y))!;
    } while (x !== startX || y !== startY || to !== 0);
    loops.push(loop);
  }
  return loops;

  /** Whether the step from this corner goes along a side of the region, which lies on its right. */
  function isSide(next: number, x: number, y: number): boolean {
    const [rightX, rightY] = RIGHT[next];
    const [dx, dy] = STEPS[next];
    const [px, py] = [x + rightX, y + rightY];
    // The pixel to the left of the step: one further against the turn from the step to its right.
    return inside(px, py) && !inside(px + dy, py - dx);
  }
}

/**
 * The outlines of any pixels along their sides, between which their corners lie: what `fillRings` fills.
 * @returns x, y, x, y, … of each
 */
export function ringsOfMask(mask: BoxMask): number[][] {
  return loopsOf(mask).map(({ steps }) =>
    steps.flatMap(({ x, y, to }, i) => (steps.at(i - 1)!.to === to ? [] : [x, y])),
  );
}

/** The outlines of a region along the sides of its pixels: the outer one, and each hole's. */
export function sideOutlines(region: Region): { outer: number[]; holes: number[][] } {
  const [outer, ...holes] = ringsOfMask(region);
  return { outer, holes };
}

/**
 * The outer outline through the middles of the border's pixels: what Pillow's rule fills, together with the holes. A
 * label map comes back when regions are drawn in the order of `paintOrder`.
 * @returns x, y, x, y, … of at least three corners
 */
export function pixelOutline(region: BoxMask): number[] {
  const pixels: [number, number][] = [];
  for (const { x, y, to } of loopsOf(region)[0].steps) {
    const [px, py] = [x + RIGHT[to][0], y + RIGHT[to][1]];
    const last = pixels.at(-1);
    if (last?.[0] !== px || last[1] !== py) pixels.push([px, py]);
  }
  const [first] = pixels;
  const last = pixels.at(-1)!;
  if (pixels.length > 1 && first[0] === last[0] && first[1] === last[1]) pixels.pop();
  const corners = pixels.filter(([x, y], i) => {
    const [before, after] = [pixels.at(i - 1)!, pixels[(i + 1) % pixels.length]];
    return x - before[0] !== after[0] - x || y - before[1] !== after[1] - y || pixels.length === 1;
  });
  while (corners.length < 3) corners.push(corners[corners.length - 1]);
  return corners.flat();
}

/** Regions such that each comes after those whose holes it lies in. */
export function paintOrder(regions: readonly Region[]): Region[] {
  // A region in a hole of another has the smaller hull.
  const hulls = new Map(regions.map((region) => [region, loopsOf(region)[0].area]));
  return [...regions].sort((a, b) => hulls.get(b)! - hulls.get(a)!);
}
