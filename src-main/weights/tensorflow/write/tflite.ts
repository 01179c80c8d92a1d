/** A network as a TensorFlow Lite file in float32 (schema.fbs, version 3). */
import { Builder } from 'flatbuffers';
import type { ModelCard } from '../../../contract/model.ts';
import { Problem } from '../../../contract/problem.ts';
import type { Graph } from '../../../networks/graph.ts';
import type { Size2 } from '../../../networks/node-kind.ts';
import { littleEndian } from '../../safetensors.ts';
import { INPUT, OUTPUT } from '../../written-values.ts';
import { writeGraph } from './graph.ts';
import { type Field, type LiteGraph, type LiteOperator, type LiteTensor, liteGraph } from './lite-operators.ts';
import { Unwritable } from './unwritable.ts';

const RUNTIME = 'TensorFlow Lite';
const VERSION = 3;
const IDENTIFIER = 'TFL3';
/** `TensorType` of real numbers and of whole ones of 32 bits. */
const [FLOAT32, INT32] = [0, 2];
/** Numbers begin at multiples of this many bytes. */
const ALIGNED = 16;
/** Places are told by 32 bits with a sign. */
const MAX_BYTES = 2 ** 31 - 2 ** 24;
/** What stands for an operator's number in files that older programs read, where it is larger than they know. */
const OLD_CODES = 127;

/**
 * A TensorFlow Lite file of a network: from one preprocessed picture, [1, height, width, 3], to its logits at the picture's
 * size, [1, height, width, outputs]. Biases and batch norms lie in the filters before them.
 * @param size height and width, multiples of the graph's stride
 * @throws Problem where a size does not fit, a kind of node has no form in TensorFlow Lite, or the file would be too large
 */
export function writeTflite(
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array>,
  card: ModelCard,
  size: Size2,
): Uint8Array {
  const bytes = graph.params.reduce((sum, { name }) => sum + weights.get(name)!.byteLength, 0);
  if (bytes >= MAX_BYTES) throw new Problem(`${card.name} has more than the 2 GB that one ${RUNTIME} file can hold.`);
  const { writer, picture } = writeGraph(graph, weights, size, RUNTIME);
  try {
    return encode(liteGraph(writer, { name: INPUT, shape: [1, ...picture] }), graph.id);
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    throw new Problem(`Of ${graph.id} ${error.message}, which ${RUNTIME} has no form for here.`, {
      next: 'Export it as ONNX.',
    });
  }
}

function encode({ tensors, operators }: LiteGraph, name: string): Uint8Array {
  const used = new Set([INPUT, OUTPUT, ...operators.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])]);
  const kept = [...tensors].filter(([one]) => used.has(one));
  const places = new Map(kept.map(([one], i) => [one, i]));
  const builder = new Builder(2 ** 20);
  // The first buffer is of those that have no numbers
  const buffers = [table(builder, [])];
  const written = kept.map(([one, tensor]) => writeTensor(builder, one, tensor, buffers));
  const kinds = [...new Map(operators.map((one) => [`${one.code} ${one.version}`, one])).values()];
  const kindOf = ({ code, version }: LiteOperator) =>
    kinds.findIndex((one) => one.code === code && one.version === version);
  const codes = kinds.map(({ code, version }) =>
    table(builder, [
      [0, 'int8', Math.min(code, OLD_CODES)],
      [2, 'int32', version],
      [3, 'int32', code],
    ]),
  );
  const steps = operators.map((operator) => {
    const indices = (names: readonly string[]) =>
      int32s(
        builder,
        names.map((one) => places.get(one)!),
      );
    const [inputs, outputs] = [indices(operator.inputs), indices(operator.outputs)];
    const options = operator.options && table(builder, operator.options.fields);
    return table(builder, [
      [0, 'int32', kindOf(operator)],
      [1, 'offset', inputs],
      [2, 'offset', outputs],
      [3, 'int8', operator.options?.type ?? 0],
      [4, 'offset', options ?? 0],
    ]);
  });
  const [input, output] = [INPUT, OUTPUT].map((one) => int32s(builder, [places.get(one)!]));
  const subgraph = table(builder, [
    [0, 'offset', offsets(builder, written)],
    [1, 'offset', input],
    [2, 'offset', output],
    [3, 'offset', offsets(builder, steps)],
    [4, 'offset', builder.createString(name)],
  ]);
  const model = table(builder, [
    [0, 'int32', VERSION],
    [1, 'offset', offsets(builder, codes)],
    [2, 'offset', offsets(builder, [subgraph])],
    [3, 'offset', builder.createString('Stillroom')],
    [4, 'offset', offsets(builder, buffers)],
  ]);
  builder.finish(model, IDENTIFIER);
  return builder.asUint8Array();
}

function writeTensor(builder: Builder, name: string, { shape, data }: LiteTensor, buffers: number[]): number {
  let buffer = 0;
  if (data) {
    const bytes =
      data instanceof Float32Array ? littleEndian(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    builder.prep(ALIGNED, bytes.length);
    buffer = buffers.push(table(builder, [[0, 'offset', builder.createByteVector(bytes)]])) - 1;
  }
  const [sizes, text] = [int32s(builder, shape), builder.createString(name)];
  return table(builder, [
    [0, 'offset', sizes],
    [1, 'int8', data instanceof Int32Array ? INT32 : FLOAT32],
    [2, 'int32', buffer],
    [3, 'offset', text],
  ]);
}

/** @returns its place */
function table(builder: Builder, fields: readonly (Field | readonly [number, 'offset', number])[]): number {
  builder.startObject(1 + Math.max(-1, ...fields.map(([slot]) => slot)));
  for (const [slot, type, value] of fields) {
    if (type === 'offset') builder.addFieldOffset(slot, value, 0);
    else if (type === 'int8') builder.addFieldInt8(slot, value, null);
    else if (type === 'int32') builder.addFieldInt32(slot, value, null);
    else builder.addFieldFloat32(slot, value, null);
  }
  return builder.endObject();
}

function int32s(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}

function offsets(builder: Builder, places: readonly number[]): number {
  builder.startVector(4, places.length, 4);
  for (const place of [...places].reverse()) builder.addOffset(place);
  return builder.endVector();
}
