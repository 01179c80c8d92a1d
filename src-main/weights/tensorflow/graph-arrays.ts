/** Numbers as TensorFlow's files hold them. */
import { DTYPE_BYTES, type DType, decode, decodeInto, elements, MAX_BYTES, shapeText } from '../tensor-file.ts';
import { sizesOf, type TensorProto } from './graph-proto.ts';
import type { KnownArray } from './onnx-terms.ts';

/** `DataType` (tensorflow/core/framework/types.proto) of the numbers that are read. */
const DTYPES: Record<number, DType> = {
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  5: 'int16',
  6: 'int8',
  9: 'int64',
  10: 'bool',
  14: 'bfloat16',
  19: 'float16',
};
/** An array that repeats one value is made here; those of networks are far smaller. */
const MAX_REPEATED = 2 ** 24;

/** Why numbers cannot be read, as what is said of an array. */
export class BadArray extends Error {}

/** @throws BadArray where the type is none of numbers */
export function dtypeOf(code: number | undefined): DType {
  const dtype = Object.hasOwn(DTYPES, code ?? 0) ? DTYPES[code ?? 0] : undefined;
  if (!dtype) throw new BadArray(`holds values of type ${code ?? 0}, which are not read`);
  return dtype;
}

/** Whether a type is of real numbers. */
export const isReal = (dtype: DType): boolean => dtype.includes('float');
export const isRealType = (code: number | undefined): boolean => isReal(DTYPES[code ?? 0] ?? 'int32');

/** How many bytes an array takes. @throws BadArray where its shape is none, or too large */
export function byteLength(dtype: DType, shape: readonly number[]): number {
  if (shape.length > 16 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new BadArray('has an impossible shape');
  }
  const count = elements(shape);
  if (count * 4 > MAX_BYTES) throw new BadArray(`has the shape ${shapeText(shape)}, which is too large`);
  return count * DTYPE_BYTES[dtype];
}

/** @param bytes as many as `byteLength` says */
export function fromBytes(bytes: Uint8Array, dtype: DType, shape: number[]): KnownArray {
  if (isReal(dtype)) return { shape, data: decode(bytes, dtype, shape) };
  return { shape, data: decodeInto(new Float64Array(elements(shape)), bytes, dtype, shape) };
}

/** The array of a graph's constant. @throws BadArray */
export function arrayOf(tensor: TensorProto): KnownArray {
  const dtype = dtypeOf(tensor.dtype);
  const shape = sizesOf(tensor.tensorShape);
  const length = byteLength(dtype, shape);
  const { tensorContent, halfVal, floatVal, doubleVal, intVal, int64Val, boolVal } = tensor;
  if (tensorContent?.length) {
    if (tensorContent.length !== length) {
      throw new BadArray(`has ${tensorContent.length} bytes for the shape ${shapeText(shape)}`);
    }
    return fromBytes(tensorContent, dtype, shape);
  }
  const count = elements(shape);
  let values = [floatVal, doubleVal, intVal, int64Val, boolVal.map(Number)].find((list) => list.length > 0) ?? [];
  // Halves lie in their list as bits
  if (halfVal.length) values = [...decode(new Uint8Array(Uint16Array.from(halfVal).buffer), dtype, [halfVal.length])];
  if (values.length > count) throw new BadArray(`has ${values.length} values for the shape ${shapeText(shape)}`);
  if (values.length < count && count > MAX_REPEATED) {
    throw new BadArray(`repeats a value in the shape ${shapeText(shape)}, which is too large`);
  }
  // What is left out is as the last one, zero where there is none
  const data = isReal(dtype) ? new Float32Array(count) : new Float64Array(count);
  data.fill(values.at(-1) ?? 0);
  data.set(values);
  return { shape, data };
}
