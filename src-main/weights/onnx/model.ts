/** Models in ONNX files: our own come back as they were, others become graphs, with a card as far as it can be told. */
import { sha256 } from '../../base/files.ts';
import type { ModelCard } from '../../contract/model.ts';
import { sizeOf } from '../../networks/graph.ts';
import { isOpaque } from '../../networks/kinds/opaque.ts';
import { buildNetwork } from '../../networks/registry.ts';
import { fromTorch } from '../../networks/torch-layout.ts';
import { CARD, parseCard } from '../card.ts';
import { graphModel } from '../graph-model.ts';
import { requireFinite } from '../tensor-file.ts';
import type { OnnxModel } from './proto.ts';
import { openOnnx, readGraph } from './read.ts';
import { readTensor } from './tensors.ts';
import { writeOnnx } from './write.ts';

interface Found {
  card: ModelCard;
  weights: Map<string, Float32Array>;
  notes: string[];
}

/**
 * Reads an ONNX model. What the file does not tell (classes, preprocessing) is taken from `NAME.card.json` beside it, and
 * otherwise assumed and said. One that ONNX Runtime is to run (see adoptOnnx) has no weights of ours.
 * @throws Problem where it cannot be read, or has a part that has no place in our graphs (see readGraph)
 */
export async function readOnnxModel(file: string): Promise<Found> {
  const { model, bytes } = await openOnnx(file);
  const text = model.metadataProps.findLast(({ key }) => key === CARD)?.value;
  const own = text === undefined ? undefined : parseCard(file, text);
  if (own?.network.graph && isOpaque(own.network.graph)) {
    buildNetwork(own.network, own.outputs);
    return { card: own, weights: new Map(), notes: [] };
  }
  const weights = own && ownWeights(model, own, bytes, file);
  if (own && weights) {
    requireFinite(weights, file);
    return { card: own, weights, notes: [] };
  }
  const read = readGraph(model, file);
  return graphModel(file, read, { id: 'onnx', sha256: own?.sha256 ?? sha256(bytes), own });
}

/** The weights of a file that we have written, by their names; undefined where it is not as we would write it. */
function ownWeights(model: OnnxModel, card: ModelCard, bytes: Uint8Array, file: string) {
  const [, , height, width] = model.graph.input[0]?.type?.tensorType?.shape?.dim.map(({ dimValue }) => dimValue) ?? [];
  if (!height || !width) return undefined;
  const graph = buildNetwork(card.network, card.outputs);
  if (height % graph.stride !== 0 || width % graph.stride !== 0) return undefined;
  const tensors = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const weights = new Map<string, Float32Array>();
  for (const spec of graph.params) {
    const tensor = tensors.get(spec.torchName);
    const data = tensor && readTensor(tensor, file).data;
    if (!(data instanceof Float32Array) || data.length !== sizeOf(spec.shape)) return undefined;
    weights.set(spec.name, fromTorch(spec, data));
  }
  return Buffer.compare(writeOnnx(graph, weights, card, [height, width]), bytes) === 0 ? weights : undefined;
}
