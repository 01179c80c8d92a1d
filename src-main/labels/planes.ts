/** A document's planes as bytes: how label maps are stored and sent to the window. */
import { IGNORE } from '../contract/dataset.ts';
import { type LabelDocument, newDocument } from './document.ts';
import type { FillRule } from './rasterise.ts';

/**
 * The planes of a document one after the other: classes; where it holds instances, also those (2 bytes each,
 * little-endian) and what lies under them.
 * @returns `height·width` bytes, or four times as many
 */
export function packPlanes(document: LabelDocument): Uint8Array<ArrayBuffer> {
  const { classes, instances, under } = document;
  const pixels = classes.length;
  if (!hasInstances(document)) return classes.slice();
  const bytes = new Uint8Array(4 * pixels);
  bytes.set(classes);
  bytes.set(bytesOf(instances), pixels);
  bytes.set(under, 3 * pixels);
  return bytes;
}

/**
 * The document of such bytes, without its shapes.
 * @throws Error where there are more or fewer bytes than that
 */
export function unpackPlanes(width: number, height: number, bytes: Uint8Array, rule?: FillRule): LabelDocument {
  const pixels = width * height;
  if (bytes.length !== pixels && bytes.length !== 4 * pixels) {
    throw new Error(`${bytes.length} bytes are no label map of ${width}×${height} pixels.`);
  }
  const document = newDocument(width, height, bytes.slice(0, pixels), rule);
  if (bytes.length === pixels) return document;
  bytesOf(document.instances).set(bytes.subarray(pixels, 3 * pixels));
  document.under.set(bytes.subarray(3 * pixels));
  return document;
}

/** The bytes of 16-bit numbers as they lie in memory: little-endian on every machine that Stillroom runs on. */
function bytesOf(numbers: Uint16Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function hasInstances({ instances, under, shapes }: LabelDocument): boolean {
  return shapes.size > 0 || instances.some((number) => number !== 0) || under.some((value) => value !== IGNORE);
}
