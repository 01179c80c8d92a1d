/** Reads the primitives of a pickle: numbers, text and bytes at a position that moves on. */
import { Problem } from '../contract/problem.ts';

/** The longest decimal or binary integer that is read, in bytes: 64-bit numbers and PyTorch's magic number fit. */
const MAX_INTEGER = 64;

const SPECIAL_FLOATS = new Map([
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['nan', Number.NaN],
]);

const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

export class PickleCursor {
  private readonly view: DataView;
  private readonly buffer: Buffer;
  /** The file, for messages. */
  readonly where: string;
  at: number;

  constructor(bytes: Uint8Array, where: string, start: number) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.where = where;
    this.at = start;
  }

  /** Moves past `count` bytes and returns where they begin. */
  private take(count: number): number {
    const from = this.at;
    if (count > this.buffer.length - from) {
      throw new Problem(`${this.where} ends too early, in the middle of its list of tensors.`, {
        where: this.where,
        next: 'Copy or download the file again.',
      });
    }
    this.at += count;
    return from;
  }

  byte(): number {
    return this.buffer[this.take(1)];
  }

  length4(): number {
    return this.view.getUint32(this.take(4), true);
  }

  length8(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  text(length: number, encoding: 'utf8' | 'latin1'): string {
    const from = this.take(length);
    return this.buffer.toString(encoding, from, from + length);
  }

  bytes(length: number): Uint8Array {
    const from = this.take(length);
    return this.buffer.subarray(from, from + length);
  }

  /** Text up to the next line feed, which is taken too. */
  line(encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const end = this.buffer.indexOf(0x0a, this.at);
    const text = this.text(end < 0 ? this.buffer.length - this.at + 1 : end - this.at, encoding);
    this.take(1);
    return text;
  }

  /** A line in Python's raw-unicode-escape: Latin-1, all else as \\uXXXX or \\UXXXXXXXX. */
  escaped(): string {
    return this.line('latin1').replace(
      /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
      (all, short?: string, long?: string) => {
        const code = Number.parseInt(short ?? long ?? '', 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : all;
      },
    );
  }

  /** The text of a Python literal in quotes. */
  quoted(text: string): string {
    const body = /^(['"])(.*)\1$/s.exec(text)?.[2];
    if (body === undefined) return this.broken('it holds text without quotes');
    return body.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex?: string, char = '') =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES.get(char) ?? char),
    );
  }

  decimal(text: string): number | bigint {
    if (!/^-?\d+$/.test(text) || text.length > MAX_INTEGER) this.broken('it holds a number that cannot be read');
    return plain(BigInt(text));
  }

  index(text: string): number {
    return Number(this.decimal(text));
  }

  float(text: string): number {
    const special = SPECIAL_FLOATS.get(text);
    if (special !== undefined) return special;
    if (!/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text)) this.broken('it holds a number that cannot be read');
    return Number(text);
  }

  skip(count: number): void {
    this.take(count);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  /** The one big-endian number of pickles. */
  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  /** Two's complement, little-endian, of so many bytes. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER) this.broken('it holds a number that cannot be read');
    let value = 0n;
    const raw = this.bytes(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
    return plain(BigInt.asIntN(length * 8, value));
  }

  broken(why: string): never {
    throw new Problem(`${this.where} is damaged, or not a file of PyTorch: its pickle is not valid, ${why}.`, {
      where: this.where,
      next: 'Copy or download the file again.',
    });
  }
}

/** A number where it is exact as one. */
function plain(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
