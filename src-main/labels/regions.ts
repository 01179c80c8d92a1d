/** A label map as shapes: the connected regions of its classes. */
import type { BoxMask } from './spans.ts';

/** Pixels of one value that hang together by their sides, as a mask (1 inside) in their box. */
export interface Region extends BoxMask {
  label: number;
  /** Number of pixels. */
  area: number;
}

/** A region's box and size, without its pixels. */
interface Extent {
  label: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
}

/**
 * Which region each pixel belongs to: its place in `extents`, where regions come in the order of their first pixels, row
 * by row.
 * @param labels `height·width` values, row by row
 */
export function componentsOf(
  labels: Uint8Array | Int32Array,
  width: number,
  height: number,
): { owner: Int32Array; extents: Extent[] } {
  const owner = new Int32Array(labels.length).fill(-1);
  const stack = new Int32Array(labels.length);
  const extents: Extent[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (owner[start] >= 0) continue;
    const label = labels[start];
    const top = Math.floor(start / width);
    const box = { label, left: width, top, right: 0, bottom: top, area: 0 };
    const id = extents.push(box) - 1;
    let waiting = 0;
    const take = (at: number) => {
      owner[at] = id;
      stack[waiting++] = at;
    };
    take(start);
    while (waiting > 0) {
      const at = stack[--waiting];
      const y = Math.floor(at / width);
      const x = at - y * width;
      box.area++;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.bottom = Math.max(box.bottom, y);
      if (x > 0 && owner[at - 1] < 0 && labels[at - 1] === label) take(at - 1);
      if (x < width - 1 && owner[at + 1] < 0 && labels[at + 1] === label) take(at + 1);
      if (y > 0 && owner[at - width] < 0 && labels[at - width] === label) take(at - width);
      if (y < height - 1 && owner[at + width] < 0 && labels[at + width] === label) take(at + width);
    }
  }
  return { owner, extents };
}

/** All regions of a label map, of every value in it; each pixel is in exactly one. In the order of `componentsOf`. */
export function regionsOf(labels: Uint8Array, width: number, height: number): Region[] {
  const { owner, extents } = componentsOf(labels, width, height);
  return extents.map(({ label, left, top, right, bottom, area }, id) => {
    const size = { width: right - left + 1, height: bottom - top + 1 };
    const mask = new Uint8Array(size.width * size.height);
    for (let i = 0, y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++, i++) if (owner[y * width + x] === id) mask[i] = 1;
    }
    return { label, area, x: left, y: top, ...size, mask };
  });
}
