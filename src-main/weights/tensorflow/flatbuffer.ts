/**
 * Reading FlatBuffers (google.github.io/flatbuffers/internals): tables that say by a list of offsets (vtable) where their
 * fields lie. Every read is checked against the file's length, as `flatbuffers` of npm does not: it reads zeros there.
 */

/** What does not lie in the file, or is no table. */
export class Damaged extends Error {}

/** Longest lists that are followed; those of real networks are far shorter. */
const MAX_LIST = 1_000_000;

export class Table {
  private readonly view: DataView;
  private readonly at: number;
  private readonly vtable: number;
  private readonly fields: number;

  private constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
    this.vtable = at - read(view, at, 4, (v, i) => v.getInt32(i, true));
    this.fields = (read(view, this.vtable, 2, (v, i) => v.getUint16(i, true)) - 4) / 2;
  }

  /** The table that a buffer starts with. @throws Damaged where there is none */
  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(
      view,
      read(view, 0, 4, (v, i) => v.getUint32(i, true)),
    );
  }

  int8(field: number, otherwise = 0): number {
    return this.scalar(field, 1, (v, i) => v.getInt8(i)) ?? otherwise;
  }

  int32(field: number, otherwise = 0): number {
    return this.scalar(field, 4, (v, i) => v.getInt32(i, true)) ?? otherwise;
  }

  uint32(field: number): number {
    return this.scalar(field, 4, (v, i) => v.getUint32(i, true)) ?? 0;
  }

  /** A whole number of 64 bits; beyond 2⁵³ it is no longer exact, which no place in a file is. */
  uint64(field: number): number {
    return Number(this.scalar(field, 8, (v, i) => v.getBigUint64(i, true)) ?? 0n);
  }

  float32(field: number, otherwise = 0): number {
    return this.scalar(field, 4, (v, i) => v.getFloat32(i, true)) ?? otherwise;
  }

  text(field: number): string {
    return Buffer.from(this.bytes(field)).toString('utf8');
  }

  bytes(field: number): Uint8Array {
    const list = this.list(field, 1);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + list.from, list.length);
  }

  int32s(field: number): number[] {
    const { from, length } = this.list(field, 4);
    return Array.from({ length: checked(length) }, (_, i) => this.view.getInt32(from + 4 * i, true));
  }

  table(field: number): Table | undefined {
    const at = this.place(field);
    return at === undefined ? undefined : new Table(this.view, this.indirect(at));
  }

  tables(field: number): Table[] {
    const { from, length } = this.list(field, 4);
    return Array.from({ length: checked(length) }, (_, i) => new Table(this.view, this.indirect(from + 4 * i)));
  }

  private place(field: number): number | undefined {
    if (field >= this.fields) return undefined;
    const offset = read(this.view, this.vtable + 4 + 2 * field, 2, (v, i) => v.getUint16(i, true));
    return offset === 0 ? undefined : this.at + offset;
  }

  private scalar<T>(field: number, size: number, of: (view: DataView, at: number) => T): T | undefined {
    const at = this.place(field);
    return at === undefined ? undefined : read(this.view, at, size, of);
  }

  private indirect(at: number): number {
    return at + read(this.view, at, 4, (v, i) => v.getUint32(i, true));
  }

  private list(field: number, size: number): { from: number; length: number } {
    const place = this.place(field);
    if (place === undefined) return { from: 0, length: 0 };
    const at = this.indirect(place);
    const length = read(this.view, at, 4, (v, i) => v.getUint32(i, true));
    if (at + 4 + length * size > this.view.byteLength) throw new Damaged('a list goes beyond its end');
    return { from: at + 4, length };
  }
}

function read<T>(view: DataView, at: number, size: number, of: (view: DataView, at: number) => T): T {
  if (at < 0 || at + size > view.byteLength) throw new Damaged('it points beyond its end');
  return of(view, at);
}

function checked(length: number): number {
  if (length > MAX_LIST) throw new Damaged(`it has a list of ${length}`);
  return length;
}
