/** Noise that depends on nothing but the place and a key: the texture of everything in the sample's scenes. */

/** White noise in [0, 1) on the whole-number grid. */
export function speck(x: number, y: number, key: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(key | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 0x100000000;
}

/** Smooth noise in [0, 1): the grid's values, blended. Features have the size of one unit. */
export function smooth(x: number, y: number, key: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const fx = x - ix;
  const fy = y - iy;
  const wx = fx * fx * (3 - 2 * fx);
  const wy = fy * fy * (3 - 2 * fy);
  const top = speck(ix, iy, key) * (1 - wx) + speck(ix + 1, iy, key) * wx;
  const bottom = speck(ix, iy + 1, key) * (1 - wx) + speck(ix + 1, iy + 1, key) * wx;
  return top * (1 - wy) + bottom * wy;
}

/** Smooth noise in [0, 1) with finer and fainter detail in each of `octaves` layers. */
export function cloudy(x: number, y: number, key: number, octaves: number): number {
  let sum = 0;
  let share = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += share * smooth(x, y, key + octave);
    x *= 2;
    y *= 2;
    share /= 2;
  }
  return sum / (2 - 2 * share);
}

/** 0 below `from`, 1 above `to`, a smooth step between. */
export function ramp(from: number, to: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** The distance of a point from the line between two others. */
export function distanceToLine(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
