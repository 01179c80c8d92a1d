/** What every reader of weights returns, and the number types that files hold. */
import { Problem } from '../contract/problem.ts';

/** One tensor of a file, in C order and in the file's own layout. */
export interface FileTensor {
  shape: number[];
  /** The type it has in the file: `float32`, `float16`, `int64`, … */
  dtype: DType;
  /** Its values as float32, whatever the type in the file. */
  data: Float32Array;
}

/** The tensors of a weights file by name, in the file's order. */
export interface TensorFile {
  tensors: Map<string, FileTensor>;
  /** The format, as a user knows it: `PyTorch (zip)`, `PyTorch (legacy)`, `safetensors`. */
  format: string;
}

/** The number types that the readers know, with the bytes of one value. */
export const DTYPE_BYTES = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;
export type DType = keyof typeof DTYPE_BYTES;

/** Most tensors that a file may hold, and most bytes that they may take as float32. Real networks lie far below. */
export const MAX_TENSORS = 50_000;
export const MAX_BYTES = 8 * 2 ** 30;

/** The value of half-precision bits: 1 sign, 5 exponent, 10 fraction bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** How one little-endian value is read at a byte offset. */
const READ: Record<DType, (view: DataView, at: number) => number> = {
  float64: (view, at) => view.getFloat64(at, true),
  float32: (view, at) => view.getFloat32(at, true),
  float16: (view, at) => half(view.getUint16(at, true)),
  bfloat16: (view, at) => bfloat(view.getUint16(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) ? 1 : 0),
};

const scratch = new DataView(new ArrayBuffer(4));

/** The value of bfloat16 bits: the upper half of a float32. */
function bfloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/**
 * Values of a little-endian buffer as float32.
 * @param bytes the whole storage
 * @param strides in values, one per axis; left out for C order from the buffer's start
 * @param offset index of the first value
 * The caller has checked that every index lies in the buffer (`span`).
 */
export function decode(bytes: Uint8Array, dtype: DType, shape: number[], strides?: number[], offset = 0): Float32Array {
  return decodeInto(new Float32Array(elements(shape)), bytes, dtype, shape, strides, offset);
}

/** As `decode`, into an array of another type that has room for the shape. */
export function decodeInto<T extends Float32Array | Float64Array>(
  out: T,
  bytes: Uint8Array,
  dtype: DType,
  shape: number[],
  strides?: number[],
  offset = 0,
): T {
  const size = DTYPE_BYTES[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READ[dtype];
  if (!strides || isDense(shape, strides)) {
    for (let i = 0; i < out.length; i++) out[i] = read(view, (offset + i) * size);
    return out;
  }
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = read(view, at * size);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** How many values a shape has; 1 for a scalar's `[]`. May exceed what is exact: compare, do not index. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** True where the strides are those of C order; axes of one value may have any stride. */
function isDense(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** The index after the last value that a view reads, or the offset itself where it has none. */
export function span(shape: number[], strides: number[], offset: number): number {
  if (shape.includes(0)) return offset;
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], offset) + 1;
}

/** `64×128×3×3`, or `one value` for a scalar. */
export function shapeText(shape: readonly number[]): string {
  return shape.length ? shape.join('×') : 'one value';
}

/** Up to `most` names with their shapes as one phrase, and how many more there are. */
export function listTensors(tensors: Iterable<{ name: string; shape: readonly number[] }>, most = 5): string {
  const all = [...tensors].map(({ name, shape }) => `${name} (${shapeText(shape)})`);
  const more = all.length - most;
  return all.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/**
 * Refuses weights that are not numbers, which would make every output NaN.
 * @throws Problem naming the tensors
 */
export function requireFinite(weights: Map<string, Float32Array>, where: string): void {
  const bad = [...weights].filter(([, data]) => !data.every(Number.isFinite)).map(([name]) => name);
  if (bad.length === 0) return;
  const more = bad.length > 5 ? ` and ${bad.length - 5} more` : '';
  throw new Problem(`${where} holds NaN or infinite weights in ${bad.slice(0, 5).join(', ')}${more}.`, {
    where,
    next: 'Take a checkpoint from before the training diverged.',
  });
}
