/** An item as objects, for the formats that hold these in place of a label map. */
import { MAX_INSTANCE } from '../contract/annotation.ts';
import { IGNORE } from '../contract/dataset.ts';
import type { FillRule } from '../labels/rasterise.ts';
import { type ObjectRegion, objectsOfRegions, type Region, regionsOf } from '../labels/regions.ts';
import { type BoxMask, spansOfMask } from '../labels/spans.ts';
import type { ExportDataset, LabelledItem } from './format.ts';
import { keptOutlines } from './outlines.ts';

/** Something that covers pixels, those that a later one covers too. */
export interface PaintedObject extends BoxMask {
  label: number;
  area: number;
  /** Its polygons, of which it is the union, in the format's coordinates; null: it is known by its pixels. */
  polygons: number[][] | null;
  /** It is many objects that nobody told apart. */
  crowd: boolean;
  /** What hangs together of it, where it is known by its pixels. */
  parts: readonly Region[];
  /** Rises along the order wherever an object lies over an earlier one, so that sorting by it keeps the order. */
  layer: number;
}

/** An item's instances, and of what is in none the connected regions of each class; ignored pixels are in none. */
export function objectsOf({ labels, width, height, instances }: LabelledItem): ObjectRegion[] {
  return objectsOfRegions(regionsOf(labels, width, height, instances).filter((region) => region.label !== IGNORE));
}

/**
 * An item's objects in an order such that drawing them one over the other gives the label map: outlines that may be kept
 * and instances by their numbers, then the connected regions of each class.
 * @param ground the name of the class that programs see where no object is: its pixels are in none unless all are, or some are
 * ignored
 * @param ignored whether there are objects of ignored pixels too
 */
export function paintedObjects(
  item: LabelledItem,
  dataset: ExportDataset,
  { rule, ground, ignored }: { rule: FillRule; ground: string; ignored: boolean },
): PaintedObject[] {
  const { outlines, owner } = keptOutlines(item, rule, 'over', ignored);
  const regions = regionsOf(item.labels, item.width, item.height, item.instances, owner);
  const traced = objectsOfRegions(regions.filter((region) => ignored || region.label !== IGNORE));
  const apart = ignored || !item.labels.includes(IGNORE);
  const grounded = apart ? dataset.classes.findIndex(({ name }) => name === ground) : -1;
  const shown = traced.filter(({ label, instance }) => label !== grounded || instance > 0);
  const objects = [
    ...outlines.map((outline) => ({ ...outline, parts: [] })),
    ...(outlines.length + shown.length > 0 ? shown : traced).map((region) => ({
      ...region,
      id: region.instance,
      polygons: null,
    })),
  ];
  const rank = ({ id }: { id: number }) => (id === 0 ? MAX_INSTANCE + 1 : id);
  objects.sort((a, b) => rank(a) - rank(b));
  // Of each pixel, one more than the layer of what was drawn there last.
  const drawn = new Uint16Array(item.labels.length);
  let layer = 0;
  const crowds = new Set((item.shapes ?? []).filter(({ crowd }) => crowd).map(({ id }) => id));
  return objects.map((object) => {
    spansOfMask(object, (y, from, to) => {
      for (let at = y * item.width + from; at < y * item.width + to; at++) layer = Math.max(layer, drawn[at]);
    });
    spansOfMask(object, (y, from, to) => drawn.fill(layer + 1, y * item.width + from, y * item.width + to));
    return { ...object, layer, crowd: crowds.has(object.id) };
  });
}

/**
 * What is to be said of formats that hold objects in place of a label map.
 * @param crowds what becomes of crowds, as a sentence
 */
export function objectNotes(dataset: ExportDataset, crowds = 'A crowd becomes one object.'): string[] {
  const notes = [];
  if (dataset.shaped) {
    notes.push(
      'Shapes keep their corners where these, drawn as this format draws them, give the label map; shapes that were painted over, that have holes or that were drawn by another rule are written by their pixels.',
      'Circles and ellipses become polygons, and a mask holds what is to be seen of it.',
      crowds,
    );
  }
  notes.push('Where label maps tell classes only, every connected region of a class becomes an object of its own.');
  return notes;
}

/** What is to be said of formats that know no ignored pixels. */
export function ignoredNotes({ ignoring }: ExportDataset): string[] {
  if (ignoring === 0) return [];
  const count = ignoring === 1 ? '1 image has' : `${ignoring} images have`;
  return [
    `${count} ignored pixels, which this format does not know: no object covers them, and most programs take that for background.`,
  ];
}

/** What is to be said of formats that hold pixels alone. */
export function pixelNotes(dataset: ExportDataset): string[] {
  return dataset.shaped ? ['Instances are written by their pixels, without the corners of their outlines.'] : [];
}
