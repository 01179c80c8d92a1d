/** A label map as shapes: the connected regions of its classes. */
import { type BoxMask, spansOfMask } from './spans.ts';

/** Pixels of one value that hang together by their sides, as a mask (1 inside) in their box. */
export interface Region extends BoxMask {
  label: number;
  /** The instance that its pixels belong to; 0: none. */
  instance: number;
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

const TAKEN = -1;

/**
 * All regions of a label map, of every value in it; each pixel is in exactly one. In the order of `componentsOf`.
 * @param instances the instance of each pixel, where there are any: regions of one class end where another begins
 * @param taken pixels that are in no region: those whose value here is not 0
 */
export function regionsOf(
  labels: Uint8Array,
  width: number,
  height: number,
  instances?: Uint16Array | null,
  taken?: Uint16Array | null,
): Region[] {
  const values =
    instances || taken
      ? Int32Array.from(labels, (label, at) => (taken?.[at] ? TAKEN : (instances?.[at] ?? 0) * 256 + label))
      : labels;
  const { owner, extents } = componentsOf(values, width, height);
  return extents.flatMap(({ label: value, left, top, right, bottom, area }, id) => {
    if (value === TAKEN) return [];
    const size = { width: right - left + 1, height: bottom - top + 1 };
    const mask = new Uint8Array(size.width * size.height);
    for (let i = 0, y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++, i++) if (owner[y * width + x] === id) mask[i] = 1;
    }
    return { label: value % 256, instance: Math.floor(value / 256), area, x: left, y: top, ...size, mask };
  });
}

/** A region as one of several: parts of an instance that something else cuts apart. */
export interface ObjectRegion extends Region {
  /** What hangs together; the region alone where it is whole. */
  parts: readonly Region[];
}

/** Regions with those of one instance and class put together, in the order of their first parts. */
export function objectsOfRegions(regions: readonly Region[]): ObjectRegion[] {
  const objects = new Map<number | Region, Region[]>();
  for (const region of regions) {
    const key = region.instance === 0 ? region : region.instance * 256 + region.label;
    const parts = objects.get(key);
    if (parts) parts.push(region);
    else objects.set(key, [region]);
  }
  return Array.from(objects.values(), (parts) => (parts.length === 1 ? { ...parts[0], parts } : together(parts)));
}

function together(parts: readonly Region[]): ObjectRegion {
  const { label, instance } = parts[0];
  const x = Math.min(...parts.map((part) => part.x));
  const y = Math.min(...parts.map((part) => part.y));
  const width = Math.max(...parts.map((part) => part.x + part.width)) - x;
  const height = Math.max(...parts.map((part) => part.y + part.height)) - y;
  const mask = new Uint8Array(width * height);
  for (const part of parts) {
    spansOfMask(part, (row, from, to) => mask.fill(1, (row - y) * width + from - x, (row - y) * width + to - x));
  }
  const area = parts.reduce((sum, part) => sum + part.area, 0);
  return { label, instance, area, x, y, width, height, mask, parts };
}
