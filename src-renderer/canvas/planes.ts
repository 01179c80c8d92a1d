import { type Rect, union } from '../../src-main/labels/document.ts';
import type { Size } from './viewport.ts';

/** One byte per pixel, row-major: a class, or 255 where the pixel counts for nothing. */
export interface Plane extends Size {
  data: Uint8Array;
  /** Of a plane that is edited in place: where it changed since it was last drawn. */
  dirty?: Rect | null;
}

/** The instance that each pixel belongs to; 0: none. */
export interface InstancePlane extends Size {
  data: Uint16Array;
  dirty?: Rect | null;
}

/** Notes that a part of a plane was written to: it is drawn anew in the next frame. */
export function touch(plane: Plane | InstancePlane, rect: Rect): void {
  plane.dirty = union(plane.dirty ?? null, rect);
}

/** The three likeliest outputs of a model for each pixel, likeliest first. */
export interface Prediction extends Size {
  classes: [Plane, Plane, Plane];
  /** Probabilities in 0–1 × 65535, one array per place. */
  probabilities: [Uint16Array, Uint16Array, Uint16Array];
}

/** The class that stands for none of the data set's: what a model says with an output that means no class here. */
export const NO_CLASS = 254;

/** Takes apart what `/data/predictions/KEY` sends. Throws when its length does not fit the size. */
export function readPrediction(bytes: ArrayBuffer, width: number, height: number): Prediction {
  const pixels = width * height;
  if (bytes.byteLength !== pixels * 9) {
    throw new Error(
      `A prediction of ${width} × ${height} pixels should have ${pixels * 9} bytes, not ${bytes.byteLength}.`,
    );
  }
  const plane = (place: number): Plane => ({ width, height, data: new Uint8Array(bytes, place * pixels, pixels) });
  // An odd number of pixels leaves the 16-bit planes off their two-byte boundary: read from a copy.
  const wide = new Uint16Array(bytes.slice(3 * pixels));
  const probability = (place: number) => wide.subarray(place * pixels, (place + 1) * pixels);
  return {
    width,
    height,
    classes: [plane(0), plane(1), plane(2)],
    probabilities: [probability(0), probability(1), probability(2)],
  };
}

/**
 * Which class of the data set each output of a model stands for, by name (case and spaces set aside);
 * {@link NO_CLASS} for an output without one. 256 entries.
 */
export function outputClasses(model: readonly { name: string }[], dataset: readonly { name: string }[]): Uint8Array {
  const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '');
  const known = new Map(dataset.map(({ name }, index) => [plain(name), index]));
  const table = new Uint8Array(256).fill(NO_CLASS);
  model.forEach(({ name }, output) => {
    table[output] = known.get(plain(name)) ?? NO_CLASS;
  });
  return table;
}

const labelled = new WeakMap<Prediction, { table: Uint8Array; labels: Plane }>();

/**
 * The likeliest class of each pixel, in the data set's numbers; made once for a prediction.
 * @param table class of the data set of each output ({@link outputClasses})
 */
export function labelsOf(prediction: Prediction, table: Uint8Array): Plane {
  const known = labelled.get(prediction);
  if (known?.table === table) return known.labels;
  const labels = mapPlane(prediction.classes[0], table);
  labelled.set(prediction, { table, labels });
  return labels;
}

/** A plane with each value replaced through a table of 256. */
export function mapPlane(plane: Plane, table: Uint8Array): Plane {
  const data = new Uint8Array(plane.data.length);
  for (let i = 0; i < data.length; i++) data[i] = table[plane.data[i]];
  return { width: plane.width, height: plane.height, data };
}

/** The value of a plane at a point given in 0–1 of its width and height (maps of one image may differ in size). */
export function indexAt(size: Size, u: number, v: number): number {
  const x = Math.min(Math.max(Math.floor(u * size.width), 0), size.width - 1);
  const y = Math.min(Math.max(Math.floor(v * size.height), 0), size.height - 1);
  return y * size.width + x;
}
