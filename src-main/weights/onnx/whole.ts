/** ONNX files that keep numbers in files beside them, as one file. */
import protobuf from 'protobufjs/light.js';
import { Problem } from '../../contract/problem.ts';
import { decodeTensor } from './proto.ts';
import { externalBytes } from './tensors.ts';

/** Numbers of fields: a model's graph, a graph's initializers, a tensor's numbers and where else they lie. */
const GRAPH = 7;
const INITIALIZER = 5;
const RAW_DATA = 9;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const LONGEST = 2 ** 31 - 1;

/**
 * The same file with the numbers of its arrays in it; everything else of it stays, known here or not.
 * @throws Problem where numbers lie outside of the file's folder (see readTensor), or one file cannot hold them
 */
export function wholeOnnx(bytes: Uint8Array, file: string): Uint8Array {
  let length = 0;
  return rewritten(bytes, GRAPH, (graph) =>
    rewritten(graph, INITIALIZER, (tensor) => {
      const decoded = decodeTensor(tensor);
      if (decoded.dataLocation !== 1) return tensor;
      const numbers = externalBytes(decoded, file);
      length += numbers.length;
      if (length > LONGEST) {
        throw new Problem(`${file} has more than the 2 GB of numbers that one ONNX file can hold.`, { where: file });
      }
      const kept = fields(tensor).filter(({ field }) => ![RAW_DATA, EXTERNAL_DATA, DATA_LOCATION].includes(field));
      return Buffer.concat([...kept.map(({ raw }) => raw), headOf(RAW_DATA, numbers.length), numbers]);
    }),
  );
}

/** A message with the messages of one of its fields made into others. */
function rewritten(bytes: Uint8Array, which: number, change: (message: Uint8Array) => Uint8Array): Uint8Array {
  const parts = fields(bytes).map(({ field, raw, message }) => {
    if (field !== which || !message) return raw;
    const changed = change(message);
    if (changed === message) return raw;
    return Buffer.concat([headOf(which, changed.length), changed]);
  });
  return Buffer.concat(parts);
}

/** What stands before a field's bytes. */
function headOf(field: number, length: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32((field << 3) | 2)
    .uint32(length)
    .finish();
}

interface Field {
  field: number;
  /** With its tag. */
  raw: Uint8Array;
  /** What is in it, where it has a length. */
  message: Uint8Array | null;
}

function fields(bytes: Uint8Array): Field[] {
  const reader = protobuf.Reader.create(bytes);
  const found: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    let message: Uint8Array | null = null;
    if ((tag & 7) === 2) {
      const length = reader.uint32();
      message = bytes.subarray(reader.pos, reader.pos + length);
      reader.skip(length);
    } else reader.skipType(tag & 7);
    found.push({ field: tag >>> 3, raw: bytes.subarray(start, reader.pos), message });
  }
  return found;
}
