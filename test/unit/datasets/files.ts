/** PNG files of every kind, good and bad, for the tests of the data set readers: a second, independent writer. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterEach } from 'vitest';

/** The real CamVid, where `shared` lies beside the repository; tests that need it skip where it does not. */
export const CAMVID = path.resolve(import.meta.dirname, '../../../../shared/data/camvid');

interface PngPlan {
  width: number;
  height: number;
  depth: 1 | 2 | 4 | 8 | 16;
  /** PNG's colour type: 0 grey, 3 palette. */
  colour: 0 | 3;
  /** One value per pixel; or `data`, the compressed bytes as they are to stand in the file. */
  values?: number[];
  data?: Uint8Array;
  interlaced?: boolean;
  filter?: number;
}

/** A PNG built from its parts. */
export function pngOf(plan: PngPlan): Uint8Array {
  const { width, height, depth, colour, interlaced = false, filter = 0 } = plan;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const data =
    plan.data ?? deflateSync(Buffer.concat(rows(plan.values ?? [], width, height, depth, interlaced, filter)));
  const palette = Buffer.from(Array.from({ length: 3 * 2 ** Math.min(depth, 8) }, (_, i) => (i * 37) & 255));
  const half = Math.ceil(data.length / 2);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(colour === 3 ? [chunk('PLTE', palette)] : []),
    chunk('tEXt', Buffer.from('Comment\0a label map')),
    chunk('IDAT', data.subarray(0, half)),
    chunk('IDAT', data.subarray(half)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

function rows(values: number[], width: number, height: number, depth: number, interlaced: boolean, filter: number) {
  const passes = interlaced
    ? [0, 1, 2, 3, 4, 5, 6].map((pass) => (x: number, y: number) => adam7(x, y) === pass)
    : [() => true];
  const out: Buffer[] = [];
  for (const inPass of passes) {
    let previous: Buffer | undefined;
    for (let y = 0; y < height; y++) {
      const row: number[] = [];
      for (let x = 0; x < width; x++) if (inPass(x, y)) row.push(values[y * width + x]);
      if (row.length === 0) continue;
      const packed = pack(row, depth);
      out.push(Buffer.from([filter]), filtered(packed, previous ?? Buffer.alloc(packed.length), filter, depth));
      previous = packed;
    }
  }
  return out;
}

/** The pass of Adam7 that a pixel belongs to, read off the specification's 8×8 pattern. */
function adam7(x: number, y: number): number {
  const pattern = ['16462646', '77777777', '56565656', '77777777', '36463646', '77777777', '56565656', '77777777'];
  return Number(pattern[y % 8][x % 8]) - 1;
}

function pack(row: number[], depth: number): Buffer {
  const bits = row.map((value) => value.toString(2).padStart(depth, '0')).join('');
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)));
}

function filtered(row: Buffer, up: Buffer, filter: number, depth: number): Buffer {
  const bpp = Math.max(1, depth / 8);
  return Buffer.from(
    row.map((value, i) => {
      const a = i < bpp ? 0 : row[i - bpp];
      const b = up[i];
      const c = i < bpp ? 0 : up[i - bpp];
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, next) => (Math.abs(p - next) < Math.abs(p - best) ? next : best));
      return (value - [0, a, b, (a + b) >> 1, nearest][filter]) & 255;
    }),
  );
}

/** A new folder with these files in it (paths with forward slashes). */
export function folderOf(files: Record<string, Uint8Array | string>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-data-'));
  for (const [name, data] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
  return root;
}

/** `folderOf` for the tests of one file: what it makes is removed after each of them. */
export function folderMaker(): typeof folderOf {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return (files) => {
    folders.push(folderOf(files));
    return folders.at(-1)!;
  };
}

/** Small data sets as other tools write them, where `shared` lies beside the repository. */
export const INTEROP = path.resolve(import.meta.dirname, '../../../../shared/data/interop');

/** The rows of a label map, each value one character: a digit, or `.` for what is ignored. */
export function rowsOf(labels: Uint8Array | null, width: number): string[] {
  const text = Array.from(labels ?? [], (value) => (value === 255 ? '.' : value.toString(36))).join('');
  return text.match(new RegExp(`.{${width}}`, 'g')) ?? [];
}
