/** TensorFlow Lite files (tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3) of float networks, as graphs. */
import { stat } from 'node:fs/promises';
import { fileProblem, readBytes, sha256OfFile } from '../../base/files.ts';
import { Problem } from '../../contract/problem.ts';
import { graphModel } from '../graph-model.ts';
import { Unmapped } from '../onnx/read/reader.ts';
import { type ReadGraph, readGraph } from '../onnx/read.ts';
import {
  DTYPE_BYTES,
  type DType,
  decode,
  decodeInto,
  elements,
  MAX_BYTES,
  MAX_TENSORS,
  shapeText,
} from '../tensor-file.ts';
import { Damaged, Table } from './flatbuffer.ts';
import { type KnownArray, OnnxTerms } from './onnx-terms.ts';
import { LITE_OPERATORS } from './tflite-operators.ts';

/** FlatBuffers find their places by 32 bits with a sign. */
const MAX_FILE = 2 ** 31;
const IDENTIFIER = 'TFL3';
const TYPES: Record<number, DType> = { 0: 'float32', 1: 'float16', 2: 'int32', 4: 'int64', 6: 'bool', 10: 'float64' };
const QUANTISED = new Set([3, 7, 9, 17]);
/** Of the tables of the schema, the fields that are read. */
const MODEL = { codes: 1, graphs: 2, buffers: 4 };
const GRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4 };
const BUFFER = { data: 0, offset: 1, size: 2 };
const CODE = { old: 0, builtin: 3 };

/** A model of a TensorFlow Lite file. @throws Problem as readTflite, and as graphModel */
export async function readTfliteModel(file: string) {
  return graphModel(file, await readTflite(file), { id: 'tflite', sha256: await sha256OfFile(file) });
}

/** @throws Problem where the file cannot be read, is damaged, quantised, or has an operator that has no place in our graphs */
export async function readTflite(file: string): Promise<ReadGraph> {
  let size: number;
  try {
    ({ size } = await stat(file));
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  const refuse = (what: string, next = 'Copy or download the file again.') =>
    new Problem(`${file} ${what}.`, { where: file, next });
  if (size >= MAX_FILE) throw refuse('is longer than a TensorFlow Lite file can be', 'Choose another file.');
  const bytes = readBytes(file);
  if (bytes.toString('latin1', 4, 8) !== IDENTIFIER) {
    throw refuse('is not a TensorFlow Lite file of version 3', 'Choose another file.');
  }
  try {
    return readGraph(inOnnxTerms(bytes, refuse), file, 'Convert the network again, for one picture and in float32.');
  } catch (error) {
    if (error instanceof Damaged) throw refuse(`is damaged: ${error.message}`);
    throw error;
  }
}

interface LiteTensor {
  name: string;
  shape: number[];
  /** Its values, where the file holds them. */
  array?: KnownArray;
}

function inOnnxTerms(bytes: Buffer, refuse: (what: string, next?: string) => Problem) {
  const model = Table.root(bytes);
  const graphs = model.tables(MODEL.graphs);
  if (graphs.length !== 1) throw refuse(`holds ${graphs.length} graphs; one is read`, 'Choose another file.');
  const [graph] = graphs;
  const buffers = model.tables(MODEL.buffers);
  const tables = graph.tables(GRAPH.tensors);
  if (tables.length > MAX_TENSORS) throw refuse(`names ${tables.length} tensors; ${MAX_TENSORS} are the most`);
  const tensors = tables.map((table) => tensorOf(table, buffers, bytes, refuse));
  // Names are for people: only a number tells tensors apart
  const label = (i: number): string => {
    const tensor = tensors[i];
    if (!tensor) throw new Damaged(`it speaks of tensor ${i} of ${tensors.length}`);
    return `${tensor.name || 'tensor'}:${i}`;
  };
  const terms = new OnnxTerms();
  for (const [i, { array }] of tensors.entries()) if (array) terms.array(label(i), array);

  const codes = model.tables(MODEL.codes).map((code) => Math.max(code.int8(CODE.old), code.int32(CODE.builtin)));
  for (const table of graph.tables(GRAPH.operators)) {
    const code = codes[table.uint32(OPERATOR.code)];
    if (code === undefined) throw new Damaged('an operator is of no kind');
    const operator = Object.hasOwn(LITE_OPERATORS, code) ? LITE_OPERATORS[code] : { name: `operator ${code}` };
    const [inputs, outputs] = [OPERATOR.inputs, OPERATOR.outputs].map((field) => table.int32s(field));
    const name = (tensors[outputs[0]]?.name || operator.name).replace(/;.*$/, '');
    try {
      if (!operator.read) throw new Unmapped('it has no place in a graph here');
      operator.read({
        name,
        terms,
        inputs: inputs.filter((i) => i >= 0).map(label),
        outputs: outputs.map(label),
        shape: (input) => tensors[inputs[input]]?.shape ?? [],
        options: table.table(OPERATOR.options),
      });
    } catch (error) {
      if (!(error instanceof Unmapped)) throw error;
      throw refuse(
        `cannot become a graph here: of ${name} (${operator.name}), ${error.message}`,
        'Convert the network again, for one picture and in float32.',
      );
    }
  }
  const inputs = graph.int32s(GRAPH.inputs);
  if (inputs.length !== 1)
    throw refuse(`has ${inputs.length} inputs; a segmentation network has one`, 'Choose another file.');
  const [output] = graph.int32s(GRAPH.outputs);
  const { shape } = tensors[inputs[0]] ?? { shape: [] };
  if (shape.length !== 4 || shape[0] !== 1 || shape[3] !== 3) {
    throw refuse(`takes ${shapeText(shape)}; one picture of three channels is read`, 'Choose another file.');
  }
  return terms.model(label(inputs[0]), [shape[1], shape[2]], label(output ?? -1), tensors[output].shape.length);
}

function tensorOf(
  table: Table,
  buffers: readonly Table[],
  bytes: Buffer,
  refuse: (what: string) => Problem,
): LiteTensor {
  const name = table.text(TENSOR.name).slice(0, 300);
  const shape = table.int32s(TENSOR.shape);
  const buffer = buffers[table.uint32(TENSOR.buffer)];
  const data = buffer && bytesOf(buffer, bytes);
  if (!data?.length) return { name, shape };
  const code = table.int8(TENSOR.type);
  if (QUANTISED.has(code)) throw refuse(`holds quantised numbers (${name}); float networks are read`);
  const dtype = Object.hasOwn(TYPES, code) ? TYPES[code] : undefined;
  if (!dtype) throw refuse(`holds numbers of type ${code} (${name}), which are not read`);
  const count = elements(shape);
  if (shape.length > 16 || shape.some((size) => size < 0)) throw refuse(`is damaged: ${name} has an impossible shape`);
  if (count * 4 > MAX_BYTES) throw refuse(`is damaged: ${name} has the shape ${shapeText(shape)}, which is too large`);
  if (count * DTYPE_BYTES[dtype] !== data.length) {
    throw refuse(`is damaged: ${name} has ${data.length} bytes for the shape ${shapeText(shape)}`);
  }
  const real = dtype.startsWith('float');
  const values = real ? decode(data, dtype, shape) : decodeInto(new Float64Array(count), data, dtype, shape);
  return { name, shape, array: { shape, data: values } };
}

/** A buffer's bytes: inside its table, or, in files of more than 2 GB, at an offset. */
function bytesOf(buffer: Table, bytes: Buffer): Uint8Array {
  const [offset, size] = [buffer.uint64(BUFFER.offset), buffer.uint64(BUFFER.size)];
  if (offset <= 1) return buffer.bytes(BUFFER.data);
  if (offset + size > bytes.length) throw new Damaged('a buffer goes beyond its end');
  return bytes.subarray(offset, offset + size);
}
