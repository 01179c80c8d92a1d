/** Small faults of a label map: holes in a class, and specks. */
import { coverFromAround } from './nearest-class.ts';
import { componentsOf } from './regions.ts';
import { type ClassSpan, spansOfMask } from './spans.ts';

interface Map {
  width: number;
  height: number;
  classes: Uint8Array;
}

/**
 * Fills the holes of a class: what it surrounds by its pixels' sides and corners, whatever lies in there.
 * @param largest holes of more pixels stay
 */
export function fillHoles({ width, height, classes }: Map, value: number, largest: number, span: ClassSpan): void {
  const outside = classes.map((one) => (one === value ? 0 : 1));
  const { owner, extents } = componentsOf(outside, width, height);
  const isHole = extents.map(
    ({ label, left, top, right, bottom, area }) =>
      label === 1 && area <= largest && left > 0 && top > 0 && right < width - 1 && bottom < height - 1,
  );
  const mask = pixelsOf(owner, isHole);
  spansOfMask({ x: 0, y: 0, width, height, mask }, (y, from, to) => span(y, from, to, value));
}

/**
 * Takes away regions of fewer than `smallest` pixels; the classes around grow over them.
 * @param value only regions of this class; null: of every class, but not of ignored pixels
 */
export function removeSpecks(map: Map, value: number | null, smallest: number, ignore: number, span: ClassSpan): void {
  const { owner, extents } = componentsOf(map.classes, map.width, map.height);
  const goes = extents.map(
    ({ label, area }) => area < smallest && (value === null ? label !== ignore : label === value),
  );
  cover(map, owner, goes, value, span);
}

/** Leaves only the largest regions of a class; the classes around grow over the others. */
export function keepLargest(map: Map, value: number, count: number, span: ClassSpan): void {
  const { owner, extents } = componentsOf(map.classes, map.width, map.height);
  const own = [...extents.keys()].filter((id) => extents[id].label === value);
  const small = new Set(own.sort((a, b) => extents[b].area - extents[a].area).slice(count));
  const goes = extents.map((_, id) => small.has(id));
  cover(map, owner, goes, value, span);
}

function cover(map: Map, owner: Int32Array, goes: boolean[], never: number | null, span: ClassSpan): void {
  coverFromAround(map, pixelsOf(owner, goes), never, span);
}

/** The pixels of some regions as a mask. @param isOne of each region, whether it is one of them */
function pixelsOf(owner: Int32Array, isOne: readonly boolean[]): Uint8Array {
  const mask = new Uint8Array(owner.length);
  for (let at = 0; at < owner.length; at++) if (isOne[owner[at]]) mask[at] = 1;
  return mask;
}
