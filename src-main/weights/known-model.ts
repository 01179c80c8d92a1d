/** Known weights that were fetched, as models. */
import { fetchedWeights } from './known-weights.ts';
import { type Model, readModel } from './model-file.ts';

/** @throws Problem where they were not fetched, or cannot be read */
export async function readKnownWeights(id: string): Promise<Model> {
  const { files, title, licence, from, card: told } = fetchedWeights(id);
  const { card: read, weights, notes } = await readModel(files[0]);
  const card = { ...read, ...told };
  const named = { ...card, name: title, licence, source: `${card.source}; ${from}` };
  // What had to be assumed of a file is known here
  return { card: named, weights, notes: told.classes ? [] : notes };
}
