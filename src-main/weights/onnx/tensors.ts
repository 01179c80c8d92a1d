/** The numbers of an ONNX file: its tensors, written and read. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../../contract/problem.ts';
import { littleEndian } from '../safetensors.ts';
import { DTYPE_BYTES, type DType, decode, decodeInto, elements, MAX_BYTES, shapeText } from '../tensor-file.ts';
import type { OnnxTensor } from './proto.ts';

/** `TensorProto.DataType` of what is read, and of what is written. */
export const DTYPES: Record<number, DType> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};
const FLOAT = 1;
const INT64 = 7;
export const REAL: ReadonlySet<DType> = new Set<DType>(['float32', 'float64', 'float16', 'bfloat16']);

/** A tensor whose values are known: weights as float32, whole numbers exact up to 2⁵³. */
export interface Constant {
  kind: 'constant';
  shape: number[];
  data: Float32Array | Float64Array;
  /** Whether its values are whole numbers (sizes, axes) or truth values. */
  whole: boolean;
  /** Its name, where it is one of the file's own arrays. */
  name?: string;
}

/** A tensor to be written. */
export function tensorOf(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): OnnxTensor {
  const real = data instanceof Float32Array;
  return {
    name,
    dims: [...shape],
    dataType: real ? FLOAT : INT64,
    rawData: real ? littleEndian(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/**
 * A tensor of a file.
 * @param file the ONNX file; external data are looked for in its folder alone
 * @throws Problem where its numbers are of a type that no weights have, do not fit its shape, or lie outside of the folder
 */
export function readTensor(tensor: OnnxTensor, file: string): Constant {
  const { bad, dtype, count } = measured(tensor, file);
  const { name = '', dims } = tensor;
  const whole = !REAL.has(dtype);
  const head = { kind: 'constant' as const, shape: [...dims], whole, name };
  const lists = [tensor.floatData, tensor.int32Data, tensor.int64Data, tensor.doubleData];
  const list = lists.find((values) => values?.length);
  if (list && !tensor.rawData?.length && tensor.dataLocation !== 1) {
    if (list.length !== count) throw bad(`has ${list.length} values for the shape ${shapeText(dims)}`);
    // Halves lie in the list as their bits
    if (dtype === 'float16' || dtype === 'bfloat16') {
      return { ...head, data: decode(new Uint8Array(Uint16Array.from(list).buffer), dtype, dims) };
    }
    return { ...head, data: whole ? Float64Array.from(list) : Float32Array.from(list) };
  }
  const size = count * DTYPE_BYTES[dtype];
  const raw = tensor.dataLocation === 1 ? external(tensor, size, file, bad) : (tensor.rawData ?? new Uint8Array());
  if (raw.length !== size) throw bad(`has ${raw.length} bytes for the shape ${shapeText(dims)}`);
  if (whole) return { ...head, data: decodeInto(new Float64Array(count), raw, dtype, dims) };
  return { ...head, data: decode(raw, dtype, dims) };
}

/** The type of a tensor's numbers, how many there are, and how to say that it is damaged. */
function measured(tensor: OnnxTensor, file: string) {
  const { name = '', dims } = tensor;
  const bad = (why: string) =>
    new Problem(`${file} is damaged: ${name.slice(0, 200) || 'a tensor'} ${why}.`, {
      where: file,
      next: 'Copy or download the file again.',
    });
  const dtype = DTYPES[tensor.dataType];
  if (!dtype) throw bad(`holds numbers of type ${tensor.dataType}, which are not read`);
  if (dims.length > 16 || !dims.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw bad('has an impossible shape');
  }
  const count = elements(dims);
  if (count * 4 > MAX_BYTES) throw bad(`has the shape ${shapeText(dims)}, which is too large`);
  return { bad, dtype, count };
}

/**
 * The bytes of a tensor whose numbers lie in another file.
 * @throws Problem as readTensor
 */
export function externalBytes(tensor: OnnxTensor, file: string): Uint8Array {
  const { bad, dtype, count } = measured(tensor, file);
  return external(tensor, count * DTYPE_BYTES[dtype], file, bad);
}

/** Numbers that lie in another file of the same folder, or below it. */
function external(tensor: OnnxTensor, size: number, file: string, bad: (why: string) => Problem): Uint8Array {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const number = (key: string, otherwise: number) => {
    const text = entries.get(key);
    if (text !== undefined && !/^\d{1,15}$/.test(text)) throw bad(`lies at an impossible place (${key})`);
    return text === undefined ? otherwise : Number(text);
  };
  const [offset, length] = [number('offset', 0), number('length', size)];
  if (length !== size) throw bad(`has ${length} bytes for its shape`);
  const folder = realpathSync(path.dirname(file));
  const target = path.resolve(folder, location);
  const inside = (one: string) => one.startsWith(folder + path.sep);
  const refused = () =>
    new Problem(`Refused: ${file} wants numbers from ${location.slice(0, 200) || 'nowhere'}, outside of its folder.`, {
      where: file,
      next: 'Check where the file comes from.',
    });
  if (!location || path.isAbsolute(location) || !inside(target)) throw refused();
  let real: string;
  try {
    real = realpathSync(target);
  } catch (error) {
    throw new Problem(`${file} keeps its numbers in ${location}, which is not beside it.`, {
      where: target,
      next: 'Copy that file too.',
      cause: error,
    });
  }
  if (!inside(real)) throw refused();
  const handle = openSync(real, 'r');
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile() || offset + length > stat.size) throw bad(`lies beyond the end of ${location}`);
    const bytes = new Uint8Array(length);
    if (readSync(handle, bytes, 0, length, offset) !== length) throw bad(`lies beyond the end of ${location}`);
    return bytes;
  } finally {
    closeSync(handle);
  }
}
