/** Models in ONNX files: our own come back as they were, others become graphs, with a card as far as it can be told. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256OfFile } from '../../base/files.ts';
import type { ModelCard, NetworkRef } from '../../contract/model.ts';
import { sizeOf } from '../../networks/graph.ts';
import { isOpaque } from '../../networks/kinds/opaque.ts';
import { buildNetwork } from '../../networks/registry.ts';
import { fromTorch } from '../../networks/torch-layout.ts';
import { CARD, parseCard, partOfCard } from '../card.ts';
import { assumedCard } from '../catalogue.ts';
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
  requireFinite(read.weights, file);
  const network = { id: 'onnx', options: {}, graph: read.graph };
  const { card, notes } = await cardFor(file, network, read.outputs, own);
  // That the weights fit the graph, and the graph itself, is checked by building it
  buildNetwork(card.network, card.outputs);
  return { card, weights: read.weights, notes: [...read.notes, ...notes] };
}

/**
 * The card of a model from elsewhere: as it is told in `NAME.card.json` beside it, otherwise as it is assumed, which is said.
 * @param own what the file itself tells
 */
export async function cardFor(
  file: string,
  network: NetworkRef,
  outputs: number,
  own?: ModelCard,
): Promise<{ card: ModelCard; notes: string[] }> {
  const beside = `${file.slice(0, file.length - path.extname(file).length)}.card.json`;
  const told = own ?? (existsSync(beside) ? partOfCard(beside, readFileSync(beside, 'utf8')) : {});
  const { assumed, ...rest } = assumedCard(outputs, told);
  const name = told.name ?? path.basename(file, path.extname(file));
  const card = { name, network, outputs, ...rest, sha256: await sha256OfFile(file) };
  return { card, notes: assumed ? [assumed] : [] };
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
