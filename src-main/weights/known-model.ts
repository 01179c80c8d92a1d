/** Known weights that were fetched, as models. */
import { fetchedWeights } from './known-weights.ts';
import { type Model, readModel } from './model-file.ts';

/** @throws Problem where they were not fetched, or cannot be read */
export async function readKnownWeights(id: string): Promise<Model> {
  const { files, title, licence, from, card: told } = fetchedWeights(id);
  const { card: read, weights, notes } = await readModel(files[0]);
  const { guessed = [], ...card } = { ...read, ...told };
  // What had to be assumed of a file is known here
  const left = guessed.filter((part) => !told[part]);
  const named = { ...card, name: title, licence, source: `${card.source}; ${from}` };
  return { card: left.length > 0 ? { ...named, guessed: left } : named, weights, notes: told.classes ? [] : notes };
}
