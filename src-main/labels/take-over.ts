/** Pixels taken from elsewhere: a model's label map, or another image's labels. */
import type { LabelShape } from '../contract/annotation.ts';
import type { LabelDocument } from './document.ts';
import { nextInstance } from './shapes.ts';
import type { ClassSpan, Span } from './spans.ts';
import type { Stroke } from './stroke.ts';

/** A label map of the document's size, and how sure it is. */
export interface OtherMap {
  classes: Uint8Array;
  /** Of each pixel, in any unit. */
  confidence: ArrayLike<number>;
}

/**
 * The pixels of a region whose class in the other map is sure enough.
 * @param region tells the runs to look at, inside the image
 * @param least in the unit of `confidence`; pixels below it are left out
 */
export function takeOver(
  width: number,
  { classes, confidence }: OtherMap,
  least: number,
  region: (span: Span) => void,
  span: ClassSpan,
): void {
  region((y, from, to) => {
    const row = y * width;
    for (let x = from; x < to; x++) {
      if (confidence[row + x] < least) continue;
      const start = x;
      const value = classes[row + x];
      while (x < to && classes[row + x] === value && confidence[row + x] >= least) x++;
      span(y, start, x, value);
      x--;
    }
  });
}

/** The whole image as a region. */
export function everywhere({ width, height }: { width: number; height: number }): (span: Span) => void {
  return (span) => {
    for (let y = 0; y < height; y++) span(y, 0, width);
  };
}

/**
 * Copies another image's labels, with its instances and their shapes. Pixels of locked classes stay, and so do the
 * instances that they belong to; a copied instance whose number one of these has gets a new one.
 * @param from of the same size
 * @throws Error in words where the sizes differ
 */
export function copyLabels(stroke: Stroke, from: LabelDocument): void {
  const { document } = stroke;
  const { width, height } = document;
  if (from.width !== width || from.height !== height) {
    throw new Error(`The labels are of ${from.width}×${from.height} pixels, this image has ${width}×${height}.`);
  }
  const kept = new Set<number>();
  document.instances.forEach((id, at) => {
    if (id !== 0 && stroke.isLocked(document.classes[at])) kept.add(id);
  });
  for (const id of [...document.shapes.keys()]) if (!kept.has(id)) stroke.setShape(id, null);
  const numbers = new Map<number, number>([[0, 0]]);
  const clashing: LabelShape[] = [];
  for (const shape of from.shapes.values()) {
    if (kept.has(shape.id)) clashing.push(shape);
    else stroke.setShape(shape.id, shape);
    numbers.set(shape.id, shape.id);
  }
  for (const shape of clashing) {
    const id = nextInstance(document);
    if (id === null) throw new Error('No number is left for another instance.');
    numbers.set(shape.id, id);
    stroke.setShape(id, { ...shape, id });
  }
  for (let y = 0; y < height; y++) {
    for (let start = 0; start < width; ) {
      const first = y * width + start;
      const [value, instance, under] = [from.classes[first], from.instances[first], from.under[first]];
      let end = start + 1;
      for (let at = first + 1; end < width; at++, end++) {
        if (from.classes[at] !== value || from.instances[at] !== instance || from.under[at] !== under) break;
      }
      stroke.span(y, start, end, value, numbers.get(instance) ?? 0, under);
      start = end;
    }
  }
}
