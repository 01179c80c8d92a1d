/** The numbers of an ONNX file: its tensors, written and read. */
import { littleEndian } from '../safetensors.ts';
import type { OnnxTensor } from './proto.ts';

/** `TensorProto.DataType` of what is written. */
const FLOAT = 1;
const INT64 = 7;

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
