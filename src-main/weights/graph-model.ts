/** Models of files that hold a graph of their own: with a card as far as it can be told. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelCard, NetworkRef } from '../contract/model.ts';
import { buildNetwork } from '../networks/registry.ts';
import { type PartOfCard, partOfCard } from './card.ts';
import { assumedCard } from './catalogue.ts';
import type { ReadGraph } from './onnx/read.ts';
import { requireFinite } from './tensor-file.ts';

/**
 * @param id what networks of this format are called
 * @param own what the file itself tells
 * @throws Problem where its weights are not numbers, or the card beside it cannot be read
 */
export function graphModel(
  file: string,
  { graph, outputs, weights, notes }: ReadGraph,
  { id, ...rest }: { id: string; sha256: string; own?: PartOfCard },
): { card: ModelCard; weights: Map<string, Float32Array>; notes: string[] } {
  requireFinite(weights, file);
  const found = cardFor(file, { id, options: {}, graph }, outputs, rest);
  // That the weights fit the graph, and the graph itself, is checked by building it
  buildNetwork(found.card.network, outputs);
  return { card: found.card, weights, notes: [...notes, ...found.notes] };
}

/** Where the card of a model's file lies that has no place for one. */
export function cardBeside(file: string): string {
  return `${file.slice(0, file.length - path.extname(file).length)}.card.json`;
}

/**
 * The card of a model from elsewhere: as it is told in `NAME.card.json` beside it, otherwise as it is assumed, which is said.
 * @param own what the file itself tells
 * @throws Problem where the card beside it cannot be read
 */
export function cardFor(
  file: string,
  network: NetworkRef,
  outputs: number,
  { sha256, own }: { sha256: string; own?: PartOfCard },
): { card: ModelCard; notes: string[] } {
  const beside = cardBeside(file);
  const told = own ?? (existsSync(beside) ? partOfCard(beside, readFileSync(beside, 'utf8')) : {});
  const { assumed, ...rest } = assumedCard(outputs, told);
  const name = told.name ?? path.basename(file, path.extname(file));
  return { card: { name, network, outputs, ...rest, sha256 }, notes: assumed ? [assumed] : [] };
}
