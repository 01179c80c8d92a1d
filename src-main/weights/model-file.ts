/**
 * Models as files. Ours is one safetensors file: the weights by our names in our layout, the model's card as JSON in
 * the metadata (`card`). Files of known networks from elsewhere are opened too, the card filled in by the catalogue.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { readBytes, sha256OfFile, writeAtomic } from '../base/files.ts';
import type { ModelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { Graph } from '../networks/graph.ts';
import { buildNetwork } from '../networks/registry.ts';
import { CARD, cardMetadata, parseCard, textBeside } from './card.ts';
import { recogniseFile } from './catalogue.ts';
import { cardBeside } from './graph-model.ts';
import { describeMismatch, matchWeights, ownNames, requireComplete } from './match.ts';
import { readOnnxModel } from './onnx/model.ts';
import { withMetadata } from './onnx/proto.ts';
import { readPth } from './pth.ts';
import { type Float32Tensor, littleEndian, readSafetensors, writeSafetensors } from './safetensors.ts';
import { listTensors, requireFinite, shapeText, type TensorFile } from './tensor-file.ts';
import { isSavedModel, readPbModel, readSavedModel, SAVED_MODEL } from './tensorflow/saved-model.ts';
import { readTfjsModel } from './tensorflow/tfjs.ts';
import { readTfliteModel } from './tensorflow/tflite.ts';

/** What a safetensors file carries besides whose tensors have PyTorch's names and layout. */
export const TORCH_NAMES = { names: 'pytorch' };

export interface Model {
  card: ModelCard;
  /** By the graph's parameter names, in our layout. */
  weights: Map<string, Float32Array>;
  /** What the user should know of how the file was read, as sentences. */
  notes: string[];
}

/** Readers of files that hold a graph of their own, by the extension. */
const GRAPHS: Record<string, (file: string) => Promise<Model>> = {
  '.onnx': readOnnxModel,
  '.tflite': readTfliteModel,
  '.json': readTfjsModel,
  '.pb': readPbModel,
};

/**
 * Reads a model: our own `.safetensors` (a run's checkpoint is one too), an ONNX, TensorFlow, TensorFlow Lite or
 * TensorFlow.js file, the folder of a SavedModel, or a PyTorch or safetensors file of a network that the catalogue knows.
 * @throws Problem where the file cannot be read, is of no known network, or lacks a tensor of its network
 */
export async function readModel(file: string): Promise<Model> {
  if (isFolder(file)) return ofFolder(file);
  const extension = path.extname(file).toLowerCase();
  if (Object.hasOwn(GRAPHS, extension)) return GRAPHS[extension](file);
  if (extension !== '.safetensors') return foreignModel(file, await readPth(file));
  const content = await readSafetensors(file);
  const text = content.metadata[CARD];
  if (text === undefined) return foreignModel(file, content);
  const card = parseCard(file, text);
  return content.metadata.names === TORCH_NAMES.names ? namedModel(file, content, card) : ownModel(file, content, card);
}

const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

async function ofFolder(folder: string): Promise<Model> {
  if (isSavedModel(folder)) return readSavedModel(folder);
  throw new Problem(`${folder} is a folder without a model: there is no ${SAVED_MODEL} in it.`, {
    where: folder,
    next: 'Choose the folder of a SavedModel, or a file.',
  });
}

/**
 * Writes a model in our form, whole or not at all.
 * @throws Problem where it cannot be written
 */
export function writeModel(file: string, card: ModelCard, weights: ReadonlyMap<string, Float32Array>): void {
  writeSafetensors(file, shaped(buildNetwork(card.network, card.outputs), weights), cardMetadata(card));
}

/**
 * Puts another card into a model's file, or beside it where it has no place for one.
 * @throws Problem where the file has no place for one, or cannot be read or written
 */
export async function changeCard(file: string, card: ModelCard): Promise<void> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.onnx') writeAtomic(file, withMetadata(readBytes(file), cardMetadata(card)));
  else if (extension === '.safetensors') writeModel(file, card, (await readModel(file)).weights);
  else if (extension === '.tflite') writeAtomic(cardBeside(file), textBeside(card));
  else {
    throw new Problem(`${card.name} is a file of ${extension}, whose network and card are known by its tensors.`, {
      where: file,
      next: 'Export it as safetensors or ONNX and import that.',
    });
  }
}

/** The weights of a graph with their shapes, as files keep them. */
export function shaped(graph: Graph, weights: ReadonlyMap<string, Float32Array>): Map<string, Float32Tensor> {
  return new Map(graph.params.map(({ name, shape }) => [name, { shape, data: weights.get(name)! }]));
}

/**
 * SHA-256 over all weights: for each name in sorted order (UTF-16 code units) the name in UTF-8, a zero byte, and the
 * values as little-endian float32.
 */
export function weightsSha256(weights: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) hash.update(`${name}\0`).update(littleEndian(weights.get(name)!));
  return hash.digest('hex');
}

function ownModel(file: string, { tensors }: TensorFile, card: ModelCard): Model {
  const weights = new Map<string, Float32Array>();
  for (const { name, shape } of buildNetwork(card.network, card.outputs).params) {
    const tensor = tensors.get(name);
    if (!tensor || shapeText(tensor.shape) !== shapeText(shape)) {
      const what = tensor ? `has ${name} as ${shapeText(tensor.shape)} instead of` : `lacks ${name},`;
      throw new Problem(`${file} ${what} ${shapeText(shape)}.`, {
        where: file,
        next: 'Copy the file again or take another one.',
      });
    }
    weights.set(name, tensor.data);
  }
  requireFinite(weights, file);
  return { card, weights, notes: [] };
}

/** Our own card, with the weights as PyTorch has them. */
function namedModel(file: string, { tensors }: TensorFile, card: ModelCard): Model {
  const match = matchWeights(tensors, buildNetwork(card.network, card.outputs).params);
  return { card, weights: requireComplete(match, file), notes: [] };
}

async function foreignModel(file: string, content: TensorFile): Promise<Model> {
  const recognised = recogniseFile(content);
  if (!recognised) {
    const tensors = [...ownNames(content.tensors)].map(([name, { shape }]) => ({ name, shape }));
    throw new Problem(
      `${file} is not of a network and classes that Stillroom knows; it holds ${listTensors(tensors, 4)}.`,
      {
        where: file,
        next: 'Choose the weights of a known network, such as ESPNet.',
      },
    );
  }
  const { tensors, assumed, ...known } = recognised;
  const match = matchWeights(tensors, buildNetwork(known.network, known.outputs).params);
  const weights = requireComplete(match, file);
  const name = path.basename(file, path.extname(file));
  const notes = [describeMismatch(match, file), assumed].filter((note) => typeof note === 'string');
  return { card: { ...known, name, sha256: await sha256OfFile(file) }, weights, notes };
}
