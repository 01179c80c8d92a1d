/** Colours of indexed label maps. */
import type { ClassInfo } from '../contract/dataset.ts';
import { IGNORE } from '../contract/dataset.ts';
import { VOC_VOID } from '../datasets/classes/voc.ts';

/** A palette of 256 colours with those of classes at their indices and VOC's void for ignored pixels. */
export function paletteOf(classes: readonly Pick<ClassInfo, 'color'>[]): Uint8Array {
  const palette = new Uint8Array(3 * 256);
  for (const [index, { color }] of classes.entries()) palette.set(color, 3 * index);
  palette.set(VOC_VOID, 3 * IGNORE);
  return palette;
}
