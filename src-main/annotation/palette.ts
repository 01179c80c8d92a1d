/** Colours of indexed label maps. */
import type { ClassInfo } from '../contract/dataset.ts';
import { IGNORE } from '../contract/dataset.ts';

export type Colour = readonly [number, number, number];

/** The colour by which Pascal VOC shows pixels that count for nothing. */
export const VOID: Colour = [224, 224, 192];

/** Colour number `index` of Pascal VOC's list: the bits of the index, spread over red, green and blue from the top. */
export function vocColour(index: number): Colour {
  const colour: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) {
    for (let channel = 0; channel < 3; channel++) {
      colour[channel] |= ((index >> (3 * bit + channel)) & 1) << (7 - bit);
    }
  }
  return colour;
}

/** A palette of 256 colours with those of classes at their indices and VOID for ignored pixels. */
export function paletteOf(classes: readonly Pick<ClassInfo, 'color'>[]): Uint8Array {
  const palette = new Uint8Array(3 * 256);
  for (const [index, { color }] of classes.entries()) palette.set(color, 3 * index);
  palette.set(VOID, 3 * IGNORE);
  return palette;
}
