/** A network as a graph model of TensorFlow.js. */
import type { ModelCard } from '../../../contract/model.ts';
import { Problem } from '../../../contract/problem.ts';
import { type Graph, nodeSizes } from '../../../networks/graph.ts';
import type { Size2 } from '../../../networks/node-kind.ts';
import { cardMetadata } from '../../card.ts';
import { littleEndian } from '../../safetensors.ts';
import { GraphWriter, shapeOf, type WrittenArray } from './graph-writer.ts';
import { Unwritable } from './unwritable.ts';
import { values } from './values.ts';
import { windows } from './window.ts';

const KINDS = { ...windows, ...values };
/** Kinds whose output is never below zero. */
const POSITIVE: ReadonlySet<string> = new Set(['relu', 'relu6', 'sigmoid', 'softmax']);

/** The names of the model's input and output. */
export const INPUT = 'input';
export const OUTPUT = 'logits';

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
  const sizes = nodeSizes(graph, size);
  const writer = new GraphWriter(weights);
  const [height, width, outputs] = sizes.get(graph.output)!;
  const whole = height === size[0] && width === size[1];
  // The names of nodes that would be taken for the model's own input and output give way
  const value = (name: string) => {
    if (name === graph.input) return INPUT;
    if (name === graph.output && whole) return OUTPUT;
    return name === OUTPUT || name === INPUT ? `${name}/value` : name;
  };
  const kinds = new Map(graph.nodes.map(({ name, kind }) => [name, kind]));
  const picture = sizes.get(graph.input)!;
  writer.placeholder(INPUT, picture);
  for (const node of graph.nodes) {
    if (node.name === graph.input) continue;
    try {
      const write = Object.hasOwn(KINDS, node.kind) ? KINDS[node.kind] : undefined;
      if (!write) throw new Unwritable(`is of the kind ${node.kind}`);
      write({
        ...{ node, inputs: node.inputs.map(value), output: value(node.name) },
        ...{ sizes: node.inputs.map((input) => sizes.get(input)!), size: sizes.get(node.name)! },
        ...{ positive: POSITIVE.has(kinds.get(node.inputs[0]) ?? ''), writer },
      });
    } catch (error) {
      if (!(error instanceof Unwritable)) throw error;
      throw new Problem(`${node.name} of ${graph.id} ${error.message}, which TensorFlow.js has no form for here.`, {
        where: node.name,
        next: 'Export it as ONNX.',
      });
    }
  }
  if (!whole) {
    const to = writer.ints(`${OUTPUT}/size`, size);
    writer.op('ResizeBilinear', [value(graph.output), to], OUTPUT, { align_corners: false, half_pixel_centers: true });
  }
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
    modelTopology: { node: writer.nodes, library: {}, versions: { producer: PRODUCER } },
    weightsManifest: [{ paths, weights: writer.arrays.map(entryOf) }],
  };
  return { json: `${JSON.stringify(json)}\n`, shards };
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
