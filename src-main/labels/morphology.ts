/** A class made wider or narrower, its gaps closed or its thin parts removed. */
import { coverFromAround } from './nearest-class.ts';
import { type ClassSpan, spansOfMask } from './spans.ts';

export type Morphology = 'dilate' | 'erode' | 'open' | 'close';

/**
 * A set of pixels after an operation with an exact disc: all places no further than `radius` from its middle. What lies
 * outside of the image counts neither for dilating nor against eroding, so nothing shrinks from the border.
 * @param set `height·width` of 0 and 1
 * @returns the same, anew
 */
export function morphed(
  set: Uint8Array,
  size: { width: number; height: number },
  operation: Morphology,
  radius: number,
): Uint8Array {
  if (operation === 'dilate') return dilated(set, size, radius, 1);
  if (operation === 'erode') return dilated(set, size, radius, 0);
  const first = dilated(set, size, radius, operation === 'close' ? 1 : 0);
  return dilated(first, size, radius, operation === 'close' ? 0 : 1);
}

/**
 * Does it to a class. Pixels that the class gains become the class; those that it loses get the class nearest to them.
 * @param span told of pixels that change; it may change `classes` at once
 */
export function morphClass(
  map: { width: number; height: number; classes: Uint8Array },
  value: number,
  operation: Morphology,
  radius: number,
  span: ClassSpan,
): void {
  const { width, height, classes } = map;
  const before = classes.map((one) => (one === value ? 1 : 0));
  const after = morphed(before, map, operation, radius);
  if (operation === 'erode' || operation === 'open') {
    const gone = after.map((stays, at) => before[at] & ~stays & 1);
    coverFromAround(map, gone, value, span);
    return;
  }
  const gained = after.map((one, at) => one ^ before[at]);
  spansOfMask({ x: 0, y: 0, width, height, mask: gained }, (y, from, to) => span(y, from, to, value));
}

/**
 * The places of `value` in a set with all places around them up to `radius`; the rest has the other value. Exact, in time
 * that does not depend on the radius: the distance to the nearest such place in the same column says how far it reaches
 * to both sides in its row, and the row's reaches are added up.
 */
function dilated(
  set: Uint8Array,
  { width, height }: { width: number; height: number },
  radius: number,
  value: 0 | 1,
): Uint8Array {
  const most = Math.floor(radius);
  const none = most + 1;
  const reach = Int32Array.from({ length: none }, (_, apart) => Math.floor(Math.sqrt(radius * radius - apart * apart)));
  // Column distances, up to `none`, from above and then from below.
  const apart = new Uint16Array(set.length);
  const column = new Uint16Array(width).fill(none);
  const pass = (y: number, isSecond: boolean) => {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      column[x] = set[at] === value ? 0 : Math.min(none, column[x] + 1);
      apart[at] = isSecond ? Math.min(apart[at], column[x]) : column[x];
    }
  };
  for (let y = 0; y < height; y++) pass(y, false);
  column.fill(none);
  for (let y = height - 1; y >= 0; y--) pass(y, true);

  const result = new Uint8Array(set.length).fill(1 - value);
  const change = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    change.fill(0);
    const row = y * width;
    for (let x = 0; x < width; x++) {
      if (apart[row + x] === none) continue;
      const to = reach[apart[row + x]];
      change[Math.max(0, x - to)]++;
      change[Math.min(width, x + to + 1)]--;
    }
    for (let x = 0, over = 0; x < width; x++) {
      over += change[x];
      if (over > 0) result[row + x] = value;
    }
  }
  return result;
}
