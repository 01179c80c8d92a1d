/**
 * PNG as label maps need it: raw values out (palette indices and grey levels as stored, never colours), and writing
 * without anything that would change a value (no gamma, profile or interlace). After the PNG specification (W3C, third
 * edition). Reading is bounded: nothing is inflated beyond what the header announces.
 */
import { crc32, inflateSync } from 'node:zlib';
import { zlibSync } from 'fflate';

/** What a PNG's header announces. `channels` are those stored: a palette image has 1. */
export interface PngHeader {
  width: number;
  height: number;
  depth: 1 | 2 | 4 | 8 | 16;
  colour: 'grey' | 'rgb' | 'palette' | 'grey-alpha' | 'rgb-alpha';
  channels: 1 | 2 | 3 | 4;
  interlaced: boolean;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const COLOURS: Record<number, Pick<PngHeader, 'colour' | 'channels'> & { depths: number[] }> = {
  0: { colour: 'grey', channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { colour: 'rgb', channels: 3, depths: [8, 16] },
  3: { colour: 'palette', channels: 1, depths: [1, 2, 4, 8] },
  4: { colour: 'grey-alpha', channels: 2, depths: [8, 16] },
  6: { colour: 'rgb-alpha', channels: 4, depths: [8, 16] },
};

/** Whether the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** A PNG's header. @throws Error in a few words ("it ends within its header") where there is none */
export function pngHeader(bytes: Uint8Array): PngHeader {
  if (!isPng(bytes)) throw new Error('it is not a PNG');
  if (bytes.length < 33) throw new Error('it ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) throw new Error('its header is damaged');
  if (view.getUint32(29) !== crc32(bytes.subarray(12, 29))) throw new Error('its header is damaged');
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const kind = COLOURS[bytes[25]];
  if (!kind?.depths.includes(bytes[24]) || bytes[26] !== 0 || bytes[27] !== 0 || bytes[28] > 1) {
    throw new Error('its header is not one that PNG knows');
  }
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    throw new Error(`its header says ${width}×${height} pixels`);
  }
  const depth = bytes[24] as PngHeader['depth'];
  return { width, height, depth, colour: kind.colour, channels: kind.channels, interlaced: bytes[28] === 1 };
}

/** The passes of Adam7: first column and row, steps between columns and rows. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * The stored values of a one-channel PNG (grey or palette), row by row: indices for a palette, levels for grey.
 * The caller has checked the size in the header against its own limit.
 * @returns `height·width` values
 * @throws Error in a few words where the file is truncated or damaged
 */
export function pngValues(bytes: Uint8Array, header: PngHeader): Uint8Array | Uint16Array {
  const { width, height, depth, interlaced } = header;
  const passes = interlaced ? ADAM7 : [[0, 0, 1, 1]];
  const sizes = passes.map(([x, y, dx, dy]) => {
    const columns = Math.ceil((width - x) / dx);
    const rows = Math.ceil((height - y) / dy);
    return columns > 0 && rows > 0 ? { columns, rows, stride: Math.ceil((columns * depth) / 8) } : undefined;
  });
  const expected = sizes.reduce((sum, size) => sum + (size ? size.rows * (size.stride + 1) : 0), 0);
  const raw = inflated(imageData(bytes), expected);
  const values = depth === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  let offset = 0;
  passes.forEach(([x, y, dx, dy], i) => {
    const size = sizes[i];
    if (!size) return;
    unfilter(raw, offset, size.rows, size.stride, Math.max(1, depth / 8));
    for (let row = 0; row < size.rows; row++) {
      const start = offset + row * (size.stride + 1) + 1;
      const target = (y + row * dy) * width + x;
      if (depth === 8 && dx === 1) values.set(raw.subarray(start, start + width), target);
      else unpack(raw, start, depth, size.columns, values, target, dx);
    }
    offset += size.rows * (size.stride + 1);
  });
  return values;
}

/** The compressed image data: every IDAT chunk, its checksum checked, in one piece. */
function imageData(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw new Error('it is truncated');
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new Error('it is truncated');
    if (type === 0x49454e44) break;
    if (type === 0x49444154) {
      if (view.getUint32(end) !== crc32(bytes.subarray(at + 4, end))) throw new Error('its data are damaged');
      parts.push(bytes.subarray(at + 8, end));
    }
    at = end + 4;
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

function inflated(data: Uint8Array, expected: number): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateSync(data, { maxOutputLength: expected });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new Error('it holds more data than its size says');
    throw new Error(code === 'Z_BUF_ERROR' ? 'it is truncated' : 'its data are damaged');
  }
  if (raw.length < expected) throw new Error('it holds less data than its size says');
  return raw;
}

/** Undoes PNG's row filters in place; `bpp` is the distance to the byte left of one. */
function unfilter(raw: Uint8Array, offset: number, rows: number, stride: number, bpp: number): void {
  for (let row = 0; row < rows; row++) {
    const start = offset + row * (stride + 1) + 1;
    const end = start + stride;
    const up = row === 0 ? 0 : stride + 1;
    switch (raw[start - 1]) {
      case 0:
        break;
      case 1:
        for (let i = start + bpp; i < end; i++) raw[i] += raw[i - bpp];
        break;
      case 2:
        if (up) for (let i = start; i < end; i++) raw[i] += raw[i - up];
        break;
      case 3:
        for (let i = start; i < end; i++) {
          raw[i] += ((i - start < bpp ? 0 : raw[i - bpp]) + (up ? raw[i - up] : 0)) >> 1;
        }
        break;
      case 4:
        for (let i = start; i < end; i++) {
          const a = i - start < bpp ? 0 : raw[i - bpp];
          const b = up ? raw[i - up] : 0;
          const c = up && i - start >= bpp ? raw[i - bpp - up] : 0;
          raw[i] += paeth(a, b, c);
        }
        break;
      default:
        throw new Error('its data are damaged');
    }
  }
}

function paeth(a: number, b: number, c: number): number {
  const pa = Math.abs(b - c);
  const pb = Math.abs(a - c);
  const pc = Math.abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Spreads one row of packed values over `values`, every `step`-th place from `target` on. */
function unpack(
  raw: Uint8Array,
  start: number,
  depth: number,
  columns: number,
  values: Uint8Array | Uint16Array,
  target: number,
  step: number,
): void {
  for (let i = 0; i < columns; i++) {
    let value: number;
    if (depth === 16) value = (raw[start + 2 * i] << 8) | raw[start + 2 * i + 1];
    else {
      const bit = i * depth;
      value = (raw[start + (bit >> 3)] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
    values[target + i * step] = value;
  }
}

/**
 * An 8-bit PNG of one (grey) or three (RGB) channels. The compressor is plain JavaScript, so the same pixels give the
 * same bytes on every machine.
 * @param data `height·width·channels` bytes, row by row, channels together
 * @param palette red, green and blue of the 256 values of one channel, by which programs show it; grey without it
 * @param clear the value of one channel at whose pixels a program shows what lies beneath
 */
export function encodePng(
  width: number,
  height: number,
  channels: 1 | 3,
  data: Uint8Array,
  palette?: Uint8Array,
  clear?: number,
): Uint8Array {
  if (data.length !== width * height * channels) {
    throw new Error(
      `A PNG of ${width}×${height}×${channels} needs ${width * height * channels} bytes, not ${data.length}`,
    );
  }
  const stride = width * channels;
  const raw = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++) {
    const target = row * (stride + 1);
    const source = row * stride;
    // Class numbers repeat, so they go unfiltered; colours change slowly, so each is stored as a step from its left.
    if (channels === 1) raw.set(data.subarray(source, source + stride), target + 1);
    else {
      raw[target] = 1;
      for (let i = 0; i < stride; i++) raw[target + 1 + i] = data[source + i] - (i < 3 ? 0 : data[source + i - 3]);
    }
  }
  return fileOf(width, height, 8, palette ? 3 : channels === 1 ? 0 : 2, raw, palette, clear);
}

/** A 16-bit grey PNG of `height·width` values, row by row. */
export function encodeWidePng(width: number, height: number, data: Uint16Array): Uint8Array {
  const raw = new Uint8Array(height * (2 * width + 1));
  const view = new DataView(raw.buffer);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) view.setUint16(y * (2 * width + 1) + 1 + 2 * x, data[i]);
  }
  return fileOf(width, height, 16, 0, raw);
}

/** @param raw the rows, each after its filter's number */
function fileOf(
  width: number,
  height: number,
  depth: 8 | 16,
  colour: 0 | 2 | 3,
  raw: Uint8Array,
  palette?: Uint8Array,
  clear?: number,
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = depth;
  header[9] = colour;
  const chunks = [
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', palette)] : []),
    // Of each value how far it covers; those after the last one that stands here cover all.
    ...(clear === undefined ? [] : [chunk('tRNS', new Uint8Array(clear + 1).fill(255, 0, clear))]),
    chunk('IDAT', zlibSync(raw, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(Buffer.concat([Uint8Array.from(SIGNATURE), ...chunks]));
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
