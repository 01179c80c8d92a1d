/**
 * Taking single files out of a Python wheel (a zip archive) without unpacking the rest and without holding a file in
 * memory: the libraries inside are up to 800 MB.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { Problem } from '../contract/problem.ts';

export interface WheelEntry {
  /** The path inside the wheel, with forward slashes. */
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  compressedBytes: number;
  bytes: number;
  /** Where the entry's own header begins in the file. */
  offset: number;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;

/**
 * The entries of a wheel, from its central directory.
 * @throws Problem when the file is no zip archive, or one of the kinds we do not read (zip64, encrypted)
 */
export async function wheelEntries(file: string): Promise<WheelEntry[]> {
  const handle = await fsp.open(file, 'r');
  try {
    const { size } = await handle.stat();
    const tailBytes = Math.min(size, END_BYTES + LONGEST_COMMENT);
    const tail = Buffer.alloc(tailBytes);
    await handle.read(tail, 0, tailBytes, size - tailBytes);
    const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0) throw unreadable(file);
    const count = tail.readUInt16LE(end + 10);
    const bytes = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    if (count === 0xffff || start === 0xffffffff || start + bytes > size) throw unreadable(file);
    const directory = Buffer.alloc(bytes);
    await handle.read(directory, 0, bytes, start);
    return parseDirectory(directory, count, file);
  } finally {
    await handle.close();
  }
}

function parseDirectory(directory: Buffer, count: number, file: string): WheelEntry[] {
  const entries: WheelEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw unreadable(file);
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * Writes one entry to `target`, whose folder is made.
 * @param wrote called with the bytes of each piece written
 * @throws Problem when the entry is damaged
 */
export async function extractEntry(
  file: string,
  entry: WheelEntry,
  target: string,
  wrote: (bytes: number) => void = () => {},
): Promise<void> {
  const handle = await fsp.open(file, 'r');
  const header = Buffer.alloc(30);
  await handle.read(header, 0, 30, entry.offset);
  await handle.close();
  if (header.readUInt32LE(0) !== 0x04034b50 || (entry.method !== 0 && entry.method !== 8)) throw unreadable(file);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  await fsp.mkdir(path.dirname(target), { recursive: true });
  let total = 0;
  const counter = new Transform({
    transform(piece: Buffer, _encoding, next) {
      total += piece.length;
      wrote(piece.length);
      next(null, piece);
    },
  });
  if (entry.compressedBytes === 0) return fsp.writeFile(target, '');
  const end = start + entry.compressedBytes - 1;
  const source = fs.createReadStream(file, { start, end, highWaterMark: 1 << 20 });
  const sink = fs.createWriteStream(target);
  if (entry.method === 8) await pipeline(source, zlib.createInflateRaw({ chunkSize: 1 << 20 }), counter, sink);
  else await pipeline(source, counter, sink);
  if (total !== entry.bytes) throw unreadable(file);
}

function unreadable(file: string): Problem {
  return new Problem('The wheel cannot be read: it is not a complete zip archive.', {
    where: file,
    next: 'Delete it and try again.',
  });
}
