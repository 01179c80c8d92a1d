/**
 * The arrays of a SavedModel's variables (tensorflow/core/util/tensor_bundle): `variables.index` says where each lies in
 * `variables.data-00000-of-00001` and its like. The index is a table of LevelDB (leveldb, doc/table_format.md): sorted
 * keys in blocks, of each key only what differs from the one before it.
 */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { readBytes } from '../../base/files.ts';
import { Problem } from '../../contract/problem.ts';
import { MAX_TENSORS } from '../tensor-file.ts';
import { maskedCrc32c } from './crc32c.ts';
import { BadArray, byteLength, dtypeOf, fromBytes } from './graph-arrays.ts';
import { type BundleEntry, decodeBundleEntry, decodeBundleHeader, sizesOf } from './graph-proto.ts';
import type { KnownArray } from './onnx-terms.ts';

const MAX_INDEX = 256 * 2 ** 20;
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: how it is compressed, and its checksum. */
const TRAILER = 5;

/** What is wrong with a table. */
class BadTable extends Error {}

export class TensorBundle {
  private readonly folder: string;
  private readonly entries: ReadonlyMap<string, BundleEntry>;
  private readonly shards: number;

  /**
   * @param folder `variables/` of a SavedModel
   * @throws Problem where its index cannot be read or is damaged
   */
  constructor(folder: string) {
    const index = path.join(folder, 'variables.index');
    this.folder = folder;
    const bytes = readBytes(index);
    const refuse = (what: string, cause?: unknown) =>
      new Problem(`${index} ${what}.`, {
        where: index,
        next: 'Copy or download the model’s whole folder again.',
        cause,
      });
    if (bytes.length > MAX_INDEX) throw refuse('is too long for a list of variables');
    try {
      const table = readTable(bytes);
      const head = decodeBundleHeader(table.get('') ?? new Uint8Array());
      if (head.endianness) throw new BadTable('its numbers lie in an order of bytes that is not read');
      this.shards = head.numShards ?? 1;
      table.delete('');
      this.entries = new Map([...table].map(([name, entry]) => [name, decodeBundleEntry(entry)]));
    } catch (error) {
      throw refuse(`is damaged${error instanceof BadTable ? `: ${error.message}` : ''}`, error);
    }
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** @throws Problem where the numbers are not whole, or lie outside of the folder */
  read(name: string): KnownArray {
    const entry = this.entries.get(name)!;
    const bad = (why: string) =>
      new Problem(`${this.folder} is damaged: ${name.slice(0, 200)} ${why}.`, {
        where: this.folder,
        next: 'Copy or download the model’s whole folder again.',
      });
    const { shardId = 0, offset = 0, size = 0, crc32c = 0 } = entry;
    try {
      const dtype = dtypeOf(entry.dtype);
      const shape = sizesOf(entry.shape);
      if (entry.slices.length > 0) throw new BadArray('is kept in parts, which are not put together');
      const length = byteLength(dtype, shape);
      if (size !== length) throw new BadArray(`has ${size} bytes where its shape wants ${length}`);
      if (!(shardId >= 0 && shardId < this.shards)) throw new BadArray(`lies in file ${shardId} of ${this.shards}`);
      const bytes = this.bytes(shardId, offset, size, bad);
      if (maskedCrc32c(bytes) !== crc32c) throw new BadArray('does not fit its checksum');
      return fromBytes(bytes, dtype, shape);
    } catch (error) {
      throw error instanceof BadArray ? bad(error.message) : error;
    }
  }

  private bytes(shard: number, offset: number, size: number, bad: (why: string) => Problem): Uint8Array {
    const digits = (number: number) => String(number).padStart(5, '0');
    const name = `variables.data-${digits(shard)}-of-${digits(this.shards)}`;
    const file = path.join(this.folder, name);
    let real: string;
    try {
      real = realpathSync(file);
    } catch (error) {
      const next = 'Copy that file too.';
      throw new Problem(`${this.folder} lacks ${name}.`, { where: file, next, cause: error });
    }
    if (!real.startsWith(realpathSync(this.folder) + path.sep)) {
      const next = 'Check where the model comes from.';
      throw new Problem(`${file} leads outside of its folder: refused.`, { where: file, next });
    }
    const handle = openSync(real, 'r');
    try {
      const found = fstatSync(handle);
      if (!found.isFile()) throw bad(`lies in ${name}, which is no file`);
      if (!(offset >= 0 && offset + size <= found.size)) throw bad(`lies beyond the end of ${name}`);
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const count = readSync(handle, bytes, at, Math.min(size - at, 2 ** 30), offset + at);
        if (count === 0) throw bad(`lies beyond the end of ${name}`);
        at += count;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  }
}

/** All of a table, by the keys. @throws BadTable */
function readTable(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes.length < FOOTER) throw new BadTable('it is too short');
  const end = bytes.subarray(bytes.length - FOOTER);
  if (new DataView(end.buffer, end.byteOffset).getBigUint64(FOOTER - 8, true) !== MAGIC) {
    throw new BadTable('it does not end as such a file does');
  }
  const places = new Cursor(end);
  // Of a list that nothing is in
  places.place();
  const result = new Map<string, Uint8Array>();
  for (const [, handle] of entriesOf(block(bytes, places.place()))) {
    for (const [key, value] of entriesOf(block(bytes, new Cursor(handle).place()))) {
      if (result.has(key)) throw new BadTable(`it has ${key.slice(0, 200)} twice`);
      if (result.size > MAX_TENSORS) throw new BadTable(`it names more than ${MAX_TENSORS} variables`);
      result.set(key, value);
    }
  }
  return result;
}

function block(bytes: Uint8Array, { offset, size }: { offset: number; size: number }): Uint8Array {
  if (offset + size + TRAILER > bytes.length) throw new BadTable('a part lies beyond its end');
  if (bytes[offset + size] !== 0) throw new BadTable('it is compressed, which TensorFlow’s own are not');
  const whole = bytes.subarray(offset, offset + size + 1);
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset + size + 1, true);
  if (maskedCrc32c(whole) !== checksum) throw new BadTable('a part does not fit its checksum');
  return whole.subarray(0, size);
}

function* entriesOf(block: Uint8Array): Generator<[key: string, value: Uint8Array]> {
  if (block.length < 4) throw new BadTable('a part is too short');
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4).getUint32(0, true);
  const length = block.length - 4 - 4 * restarts;
  if (length < 0) throw new BadTable('a part is too short');
  const cursor = new Cursor(block.subarray(0, length));
  let key = '';
  while (!cursor.done) {
    const [shared, own, size] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length) throw new BadTable('a name begins with what is not there');
    key = key.slice(0, shared) + Buffer.from(cursor.take(own)).toString('latin1');
    yield [key, cursor.take(size)];
  }
}

class Cursor {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Seven bits of each byte, the lowest first, as long as the eighth is set. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new BadTable('a number is too large');
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new BadTable('it points beyond its end');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** Where a part lies. */
  place(): { offset: number; size: number } {
    return { offset: this.varint(), size: this.varint() };
  }
}
