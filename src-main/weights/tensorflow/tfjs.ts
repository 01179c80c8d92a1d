/** TensorFlow.js models (`model.json` and shards): graph models and layers models, as graphs. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readBytes } from '../../base/files.ts';
import type { ModelCard } from '../../contract/model.ts';
import { Problem } from '../../contract/problem.ts';
import { buildNetwork } from '../../networks/registry.ts';
import { parseCard } from '../card.ts';
import { recogniseFile } from '../catalogue.ts';
import { graphModel } from '../graph-model.ts';
import { matchWeights, requireComplete } from '../match.ts';
import { readGraph } from '../onnx/read.ts';
import { littleEndian } from '../safetensors.ts';
import { elements, requireFinite } from '../tensor-file.ts';
import { ADVICE, type AttrValue, graphInTerms, type NodeDef } from './graph-def.ts';
import { layersInTerms } from './layers.ts';
import { readTfjsFile, type TfjsFile } from './tfjs-weights.ts';
import { writeTfjs } from './write/tfjs.ts';

/** Numbers of 64 bits are texts in JSON; texts are in base 64. */
const whole = z.union([z.number(), z.string().max(30)]).transform(Number);
const text = z.string().transform((one) => Buffer.from(one, 'base64').toString('latin1'));
const shape = z.object({
  dim: z
    .array(z.object({ size: whole.optional() }))
    .max(16)
    .optional(),
});
const attr = z.object({
  i: whole.optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  s: text.optional(),
  shape: shape.optional(),
  list: z.object({ i: z.array(whole).optional(), s: z.array(text).optional() }).optional(),
});
const graphDef = z.object({
  node: z
    .array(
      z.object({
        name: z.string().max(1000),
        op: z.string().max(200),
        input: z.array(z.string().max(1000)).max(10_000).optional(),
        attr: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1),
});

/** A model of a TensorFlow.js file. @throws Problem where it cannot be read, or has a part that has no place here */
export async function readTfjsModel(file: string) {
  const content = await readTfjsFile(file);
  const sha256 = hashOf(readBytes(file), content);
  const known = recogniseFile({
    format: 'TensorFlow.js',
    tensors: new Map(
      [...content.arrays].map(([name, { shape, data }]) => {
        const values = data instanceof Float32Array ? data : Float32Array.from(data);
        return [name, { shape, dtype: 'float32', data: values }];
      }),
    ),
  });
  if (known) {
    const { tensors, assumed: _, ...card } = known;
    const match = matchWeights(tensors, buildNetwork(card.network, card.outputs).params);
    return { card: { ...card, name: 'model', sha256 }, weights: requireComplete(match, file), notes: [] };
  }
  const own = content.card === undefined ? undefined : parseCard(file, content.card);
  const weights = own && ownWeights(content, own);
  if (own && weights) {
    requireFinite(weights, file);
    return { card: own, weights, notes: [] };
  }
  const onnx =
    content.format === 'layers-model' ? layersInTerms(content, file) : graphInTerms(...graphOf(content, file), file);
  return graphModel(file, readGraph(onnx, file, ADVICE), { id: 'tfjs', sha256: own?.sha256 ?? sha256, own });
}

/** The weights of a model that we have written, by their names; undefined where it is not as we would write it. */
function ownWeights({ topology, arrays }: TfjsFile, card: ModelCard): Map<string, Float32Array> | undefined {
  const graph = buildNetwork(card.network, card.outputs);
  const weights = new Map<string, Float32Array>();
  for (const { name, shape } of graph.params) {
    const data = arrays.get(name)?.data;
    if (!(data instanceof Float32Array) || data.length !== elements(shape)) return undefined;
    weights.set(name, data);
  }
  const [, height, width] = pictureShape(topology) ?? [];
  if (!height || !width || height % graph.stride !== 0 || width % graph.stride !== 0) return undefined;
  const { json } = writeTfjs(graph, weights, card, [height, width], '');
  return JSON.stringify(JSON.parse(json).modelTopology) === JSON.stringify(topology) ? weights : undefined;
}

function pictureShape(topology: unknown): number[] | undefined {
  const parsed = graphDef.safeParse(topology);
  const picture = parsed.data?.node.find(({ op }) => op === 'Placeholder');
  return attr.safeParse(picture?.attr?.shape).data?.shape?.dim?.map(({ size = 0 }) => size);
}

function graphOf(
  { topology, arrays, output }: TfjsFile,
  file: string,
): [NodeDef[], TfjsFile['arrays'], { output?: string }] {
  const parsed = graphDef.safeParse(topology);
  if (!parsed.success) {
    throw new Problem(`${file} holds no graph that can be read.`, { where: file, next: 'Convert the network again.' });
  }
  const nodes = parsed.data.node.map(({ name, op, input = [], attr: attrs = {} }): NodeDef => {
    const values = new Map<string, AttrValue>();
    for (const [key, value] of Object.entries(attrs)) {
      const found = attr.safeParse(value);
      if (!found.success) continue;
      const { shape: sizes, ...rest } = found.data;
      values.set(key, { ...rest, ...(sizes ? { shape: (sizes.dim ?? []).map(({ size }) => size ?? 0) } : {}) });
    }
    return { name, op, inputs: input, attrs: values };
  });
  return [nodes, arrays, { output }];
}

/** Over the description and all numbers: the shards are as much the model as the one file that was chosen. */
function hashOf(json: Uint8Array, { arrays }: TfjsFile): string {
  const hash = createHash('sha256').update(json);
  for (const { data } of arrays.values()) hash.update(littleEndian(Float32Array.from(data)));
  return hash.digest('hex');
}
