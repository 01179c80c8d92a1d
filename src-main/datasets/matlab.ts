/**
 * One array of numbers out of a MATLAB file of version 5 to 7: a field of a struct that is a variable of it, as SBD keeps
 * its label maps (`GTcls.Segmentation`). Nothing else is unpacked. After "MAT-File Format" (MathWorks), level 5. What a file
 * says of sizes is held against what is there before memory is taken.
 */
import { inflateSync } from 'node:zlib';

/** `height·width` whole numbers row by row. */
export interface MatlabArray {
  width: number;
  height: number;
  data: Uint16Array;
}

/** Files whose variables unpack to more are refused; SBD's take less than one. */
const MAX_BYTES = 64_000_000;

const HEADER = 128;
const MATRIX = 14;
const COMPRESSED = 15;
/** Classes of arrays: struct, and those of numbers from double to uint64. */
const STRUCT = 2;
const NUMBERS = [6, 15] as const;
/** Bit of an array's flags that says that it has an imaginary part. */
const COMPLEX = 0x0800;

/** How numbers are stored, by the type of their element. */
const STORED: Record<number, { size: number; read: (view: DataView, at: number, little: boolean) => number }> = {
  1: { size: 1, read: (view, at) => view.getInt8(at) },
  2: { size: 1, read: (view, at) => view.getUint8(at) },
  3: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

/**
 * @param bytes the whole file
 * @param most elements that the array may have
 * @returns its numbers, which must be whole ones from 0 to 65535
 * @throws Error in a few words where there is no such array, or the file is damaged
 */
export function matlabArray(bytes: Uint8Array, variable: string, field: string, most: number): MatlabArray {
  if (bytes.length < HEADER) throw new Error('it ends within its header');
  if (Buffer.from(bytes.subarray(0, 19)).toString('latin1') === 'MATLAB 7.3 MAT-file') {
    throw new Error('it is of version 7.3, which is another format');
  }
  const mark = String.fromCharCode(bytes[126], bytes[127]);
  if (mark !== 'IM' && mark !== 'MI') throw new Error('it is no MATLAB file of version 5 to 7');
  const little = mark === 'IM';
  const file = new Elements(bytes, HEADER, little);
  let left = MAX_BYTES;
  while (!file.atEnd) {
    const element = file.next();
    const unpacked = element.type === COMPRESSED ? inflated(element.data, left) : null;
    left -= unpacked?.length ?? 0;
    const found = unpacked ? new Elements(unpacked, 0, little).next() : element;
    if (found.type !== MATRIX) continue;
    const array = new Elements(found.data, 0, little);
    const { kind, rows, columns, name } = arrayHead(array, little);
    if (name !== variable) continue;
    if (kind !== STRUCT || rows !== 1 || columns !== 1) throw new Error(`its ${variable} is no struct`);
    return numbersOf(
      new Elements(fieldOf(array, variable, field, little), 0, little),
      `${variable}.${field}`,
      little,
      most,
    );
  }
  throw new Error(`it has no variable ${variable}`);
}

interface Element {
  type: number;
  data: Uint8Array;
}

/** The data elements that follow each other in some bytes. */
class Elements {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  #at: number;

  constructor(bytes: Uint8Array, at: number, little: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws Error where the bytes end within it */
  next(): Element {
    const first = this.#uint32(this.#at);
    // A short element has its length in the upper half, and its data in place of the length.
    const short = first >>> 16;
    const length = short > 0 ? short : this.#uint32(this.#at + 4);
    const type = short > 0 ? first & 0xffff : first;
    const start = this.#at + (short > 0 ? 4 : 8);
    if ((short > 0 && length > 4) || start + length > this.#bytes.length) throw new Error('it is truncated or damaged');
    this.#at = short > 0 ? start + 4 : start + length;
    if (short === 0 && type !== COMPRESSED) this.#at = start + 8 * Math.ceil(length / 8);
    return { type, data: this.#bytes.subarray(start, start + length) };
  }

  #uint32(at: number): number {
    if (at + 4 > this.#bytes.length) throw new Error('it is truncated or damaged');
    return this.#view.getUint32(at, this.#little);
  }
}

/** @param most bytes that it may become */
function inflated(data: Uint8Array, most: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Error(large ? 'it unpacks to more than 64 MB' : 'its data are damaged', { cause: error });
  }
}

/** What every array begins with: flags, size and name. */
function arrayHead(
  array: Elements,
  little: boolean,
): { kind: number; complex: boolean; rows: number; columns: number; name: string } {
  const [flags] = wholeNumbers(array.next(), 1, little);
  const [rows, columns, ...more] = wholeNumbers(array.next(), 2, little);
  const name = Buffer.from(array.next().data).toString('latin1');
  if (more.length > 0) return { kind: -1, complex: false, rows, columns, name };
  return { kind: flags & 0xff, complex: (flags & COMPLEX) !== 0, rows, columns, name };
}

/** The array of one field. @param struct what follows its head */
function fieldOf(struct: Elements, variable: string, field: string, little: boolean): Uint8Array {
  const [length] = wholeNumbers(struct.next(), 1, little);
  const names = Buffer.from(struct.next().data).toString('latin1');
  if (!(length > 0)) throw new Error('it is truncated or damaged');
  for (let at = 0; at < names.length; at += length) {
    const { type, data } = struct.next();
    if (names.slice(at, at + length).split('\0', 1)[0] === field && type === MATRIX) return data;
  }
  throw new Error(`its ${variable} has no ${field}`);
}

/** Stored down the columns. */
function numbersOf(array: Elements, name: string, little: boolean, most: number): MatlabArray {
  const { kind, complex, rows, columns } = arrayHead(array, little);
  if (kind < NUMBERS[0] || kind > NUMBERS[1] || complex) throw new Error(`its ${name} is no table of numbers`);
  if (!(rows > 0 && columns > 0 && rows * columns <= most)) throw new Error(`its ${name} is of ${columns}×${rows}`);
  const { type, data } = array.next();
  const stored = STORED[type];
  if (!stored || data.length !== rows * columns * stored.size) throw new Error('it is truncated or damaged');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Uint16Array(rows * columns);
  for (let x = 0, at = 0; x < columns; x++) {
    for (let y = 0; y < rows; y++, at += stored.size) {
      const value = stored.read(view, at, little);
      if (!(value >= 0 && value <= 0xffff && Number.isInteger(value))) throw new Error(`its ${name} holds ${value}`);
      values[y * columns + x] = value;
    }
  }
  return { width: columns, height: rows, data: values };
}

/** @param least so many there must be */
function wholeNumbers({ type, data }: Element, least: number, little: boolean): number[] {
  const stored = type === 5 || type === 6 ? STORED[type] : null;
  // Sizes have as many numbers as an array has dimensions; nobody's has a thousand.
  if (!stored || data.length < 4 * least || data.length > 4000) throw new Error('it is truncated or damaged');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: Math.floor(data.length / 4) }, (_, i) => stored.read(view, 4 * i, little));
}
