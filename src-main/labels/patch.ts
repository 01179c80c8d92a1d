/**
 * What a stroke changed, as bytes: for each changed tile of each plane, its pixels before XOR after. Applying a patch
 * twice is as if it had not been applied, so the same bytes do, undo and do again.
 *
 * Deflated; inside: one byte 1 (the format's version), then for each tile its plane's place in PLANES (1 byte), its
 * column and row (2 bytes each, little-endian) and its values (1 or 2 bytes each, row-major, cut off at the edges).
 */
import { deflateSync, inflateSync } from 'fflate';
import { type LabelDocument, PLANES, type PlaneName, type Rect, union } from './document.ts';

/** Width and height of a tile, in pixels. */
export const TILE = 256;
const VERSION = 1;
const HEAD = 5;

/** A tile's part of the document. */
export function tileRect(size: { width: number; height: number }, column: number, row: number): Rect {
  const x = column * TILE;
  const y = row * TILE;
  return { x, y, width: Math.min(TILE, size.width - x), height: Math.min(TILE, size.height - y) };
}

/** A copy of one plane's values in a rectangle. */
export function copyTile(document: LabelDocument, plane: PlaneName, rect: Rect): Uint8Array | Uint16Array {
  const from = document[plane];
  const copy = new (from.constructor as Uint8ArrayConstructor | Uint16ArrayConstructor)(rect.width * rect.height);
  for (let row = 0; row < rect.height; row++) {
    const at = (rect.y + row) * document.width + rect.x;
    copy.set(from.subarray(at, at + rect.width), row * rect.width);
  }
  return copy;
}

/** Tiles as they were before a stroke. */
export interface TileBefore {
  plane: PlaneName;
  column: number;
  row: number;
  values: Uint8Array | Uint16Array;
}

/**
 * A patch before it is deflated, between tiles as they were and the document as it is.
 * @returns null where nothing differs
 */
export function makeDifference(document: LabelDocument, tiles: Iterable<TileBefore>): Uint8Array<ArrayBuffer> | null {
  const parts: Uint8Array[] = [Uint8Array.of(VERSION)];
  for (const { plane, column, row, values } of tiles) {
    const now = copyTile(document, plane, tileRect(document, column, row));
    if (!combine(now, values)) continue;
    const head = Uint8Array.of(PLANES.indexOf(plane), column & 255, column >> 8, row & 255, row >> 8);
    parts.push(head, littleEndian(now));
  }
  if (parts.length === 1) return null;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Puts in place of the first tile what differs between the two. @returns whether anything does */
function combine(now: Uint8Array | Uint16Array, before: Uint8Array | Uint16Array): boolean {
  // Four bytes at a time; both lie at the start of buffers of their own.
  const words = now.byteLength >> 2;
  const [a, b] = [new Uint32Array(now.buffer, 0, words), new Uint32Array(before.buffer, 0, words)];
  let differs = 0;
  for (let i = 0; i < words; i++) differs |= a[i] ^= b[i];
  for (let i = (words * 4) / now.BYTES_PER_ELEMENT; i < now.length; i++) differs |= now[i] ^= before[i];
  return differs !== 0;
}

/**
 * The patch between tiles as they were and the document as it is.
 * @returns null where nothing differs
 */
export function makePatch(document: LabelDocument, tiles: Iterable<TileBefore>): Uint8Array | null {
  const difference = makeDifference(document, tiles);
  return difference && deflateSync(difference, { level: 4 });
}

/**
 * Does or undoes a patch.
 * @returns the rectangle that holds all changed tiles, and how many pixels' classes changed
 * @throws Error where the bytes are no patch of a document of this size; the document is then unchanged
 */
export function applyPatch(document: LabelDocument, patch: Uint8Array): { dirty: Rect | null; pixels: number } {
  return applyDifference(document, inflatePatch(document, patch));
}

/** As `applyPatch`, of a patch that is not deflated. */
export function applyDifference(document: LabelDocument, bytes: Uint8Array): { dirty: Rect | null; pixels: number } {
  const tiles = readDifference(document, bytes);
  let dirty: Rect | null = null;
  let pixels = 0;
  for (const { plane, rect, values } of tiles) {
    const into = document[plane];
    for (let row = 0, i = 0; row < rect.height; row++) {
      const from = (rect.y + row) * document.width + rect.x;
      for (let at = from; at < from + rect.width; at++, i++) {
        if (values[i] === 0) continue;
        into[at] ^= values[i];
        if (plane === 'classes') pixels++;
      }
    }
    dirty = union(dirty, rect);
  }
  return { dirty, pixels };
}

/**
 * Brings how many pixels each class has up to date with the difference that was made or applied last.
 * @param counts as they were before it, 256 entries
 */
export function recount(document: LabelDocument, bytes: Uint8Array, counts: Uint32Array): void {
  for (const { plane, rect, values } of readDifference(document, bytes)) {
    if (plane !== 'classes') continue;
    for (let row = 0, i = 0; row < rect.height; row++) {
      const from = (rect.y + row) * document.width + rect.x;
      for (let at = from; at < from + rect.width; at++, i++) {
        if (values[i] === 0) continue;
        const now = document.classes[at];
        counts[now ^ values[i]]--;
        counts[now]++;
      }
    }
  }
}

/**
 * The patch between two documents of one size.
 * @returns null where no pixel differs
 */
export function patchBetween(before: LabelDocument, after: LabelDocument): Uint8Array | null {
  function* tiles(): Generator<TileBefore> {
    for (let row = 0; row * TILE < before.height; row++) {
      for (let column = 0; column * TILE < before.width; column++) {
        for (const plane of PLANES) {
          yield { plane, column, row, values: copyTile(before, plane, tileRect(before, column, row)) };
        }
      }
    }
  }
  return makePatch(after, tiles());
}

/**
 * How many pixels' classes a patch changes.
 * @throws Error where the bytes are no patch of a document of this size
 */
export function patchPixels(size: { width: number; height: number }, patch: Uint8Array): number {
  let pixels = 0;
  for (const { plane, values } of readDifference(size, inflatePatch(size, patch))) {
    if (plane === 'classes') for (const value of values) if (value !== 0) pixels++;
  }
  return pixels;
}

/** @throws Error where the bytes are no patch of a document of this size */
export function inflatePatch(size: { width: number; height: number }, patch: Uint8Array): Uint8Array {
  // No patch is longer than every tile of every plane; `out` keeps a bomb from growing beyond that. Deflate makes no
  // more than 1032 bytes of one, so a small patch does with little memory.
  const longest = longestPatch(size);
  const bytes = inflateSync(patch, { out: new Uint8Array(Math.min(longest + 1, 1032 * patch.length)) });
  if (bytes[0] !== VERSION || bytes.length > longest) throw new Error('This is no patch of a label map.');
  return bytes;
}

function readDifference(size: { width: number; height: number }, bytes: Uint8Array) {
  const columns = Math.ceil(size.width / TILE);
  const rows = Math.ceil(size.height / TILE);
  const tiles: { plane: PlaneName; rect: Rect; values: Uint8Array | Uint16Array }[] = [];
  for (let at = 1; at < bytes.length; ) {
    const plane = PLANES[bytes[at]];
    const column = bytes[at + 1] | (bytes[at + 2] << 8);
    const row = bytes[at + 3] | (bytes[at + 4] << 8);
    if (!plane || !(column < columns) || !(row < rows)) throw new Error('The patch names a tile that is not there.');
    const rect = tileRect(size, column, row);
    const wide = plane === 'instances';
    const length = rect.width * rect.height * (wide ? 2 : 1);
    const values = bytes.subarray(at + HEAD, at + HEAD + length);
    if (values.length < length) throw new Error('The patch ends too early.');
    tiles.push({ plane, rect, values: wide ? fromLittleEndian(values) : values });
    at += HEAD + length;
  }
  return tiles;
}

/** No patch of a document of this size is longer than this many bytes, inflated. */
export function longestPatch({ width, height }: { width: number; height: number }): number {
  const tiles = Math.ceil(width / TILE) * Math.ceil(height / TILE);
  return 1 + PLANES.length * tiles * HEAD + 4 * width * height;
}

function littleEndian(values: Uint8Array | Uint16Array): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, values[i], true);
  return bytes;
}

function fromLittleEndian(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}
