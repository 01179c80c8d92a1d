/** A network as a graph model of TensorFlow.js. */
import type { ModelCard } from '../../../contract/model.ts';
import type { Graph } from '../../../networks/graph.ts';
import type { Size2, Size3 } from '../../../networks/node-kind.ts';
import { cardMetadata } from '../../card.ts';
import { littleEndian } from '../../safetensors.ts';
import { INPUT, OUTPUT } from '../../written-values.ts';
import { writeGraph } from './graph.ts';
import type { Attribute, GraphWriter, WrittenArray } from './graph-writer.ts';

const FLOAT = { type: 'DT_FLOAT' };
const WHOLE = { type: 'DT_INT32' };
/** As large as TensorFlow.js's own converter makes them, so that browsers keep them. */
const SHARD = 4 * 2 ** 20;
/** `GraphDef.versions.producer` of a TensorFlow of today. */
const PRODUCER = 1994;

export interface TfjsModel {
  /** `model.json`. */
  json: string;
  /** By their names, which lie beside it. */
  shards: Map<string, Uint8Array>;
}

/**
 * A graph model of a network: from one preprocessed picture, [1, height, width, 3], to its logits at the picture's size,
 * [1, height, width, outputs] (where the network gives them at a stride they are resized, bilinear, corners not aligned).
 * The weights have our names and layout, which is TensorFlow's; the card goes into `userDefinedMetadata`.
 * @param stem what the shards' names begin with
 * @param size height and width, multiples of the graph's stride
 * @throws Problem where a size does not fit, or a kind of node has no form in TensorFlow.js
 */
export function writeTfjs(
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array>,
  card: ModelCard,
  size: Size2,
  stem: string,
): TfjsModel {
  const { writer, picture, outputs } = writeGraph(graph, weights, size, 'TensorFlow.js');
  const { paths, shards } = sharded(writer.arrays, stem);
  const described = (name: string, shape: readonly number[]) => ({
    [name]: { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeOf(shape) },
  });
  const json = {
    format: 'graph-model',
    generatedBy: 'Stillroom',
    convertedBy: null,
    signature: {
      inputs: described(INPUT, [1, ...picture]),
      outputs: described(OUTPUT, [1, ...size, outputs]),
    },
    userDefinedMetadata: cardMetadata(card),
    modelTopology: { node: nodesOf(writer, picture), library: {}, versions: { producer: PRODUCER } },
    weightsManifest: [{ paths, weights: writer.arrays.map(entryOf) }],
  };
  return { json: `${JSON.stringify(json)}\n`, shards };
}

/** The nodes of a GraphDef in JSON: arrays first, their numbers lying elsewhere. */
function nodesOf({ arrays, nodes }: GraphWriter, picture: Size3): object[] {
  return [
    ...arrays.map(({ name, shape, data }) => {
      const dtype = data instanceof Float32Array ? FLOAT : WHOLE;
      const value = { tensor: { dtype: dtype.type, tensorShape: shapeOf(shape) } };
      return { name, op: 'Const', attr: { dtype, value } };
    }),
    { name: INPUT, op: 'Placeholder', attr: { dtype: FLOAT, shape: { shape: shapeOf([1, ...picture]) } } },
    ...nodes.map(({ name, op, inputs, attributes }) => {
      const attr = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attrOf(value)]));
      return { name, op, input: inputs, attr: { T: FLOAT, ...attr } };
    }),
  ];
}

/** A shape in JSON, where numbers of 64 bits are texts. */
function shapeOf(shape: readonly number[]): { dim: { size: string }[] } {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

function attrOf(value: Attribute): object {
  if (typeof value === 'number') return { i: String(value) };
  if (typeof value === 'boolean') return { b: value };
  if (typeof value === 'string') return { s: Buffer.from(value).toString('base64') };
  if ('float' in value) return { f: value.float };
  return { list: { i: value.map(String) } };
}

const entryOf = ({ name, shape, data }: WrittenArray) => ({
  ...{ name, shape: [...shape] },
  dtype: data instanceof Float32Array ? 'float32' : 'int32',
});

/** The arrays one after the other, in files of a size that browsers keep. */
function sharded(arrays: readonly WrittenArray[], stem: string): { paths: string[]; shards: Map<string, Uint8Array> } {
  const bytes = Buffer.concat(
    arrays.map(({ data }) =>
      // Whole numbers lie in memory as they are written, as all machines that Stillroom runs on do it
      data instanceof Float32Array ? littleEndian(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ),
  );
  const count = Math.max(1, Math.ceil(bytes.length / SHARD));
  const shards = new Map(
    Array.from({ length: count }, (_, i) => [
      `${stem}-shard${i + 1}of${count}.bin`,
      bytes.subarray(i * SHARD, (i + 1) * SHARD),
    ]),
  );
  return { paths: [...shards.keys()], shards };
}
