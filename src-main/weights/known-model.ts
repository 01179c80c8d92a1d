/** Known weights that were fetched, as models. */
import { fetchedWeights } from './known-weights.ts';
import { type Model, readModel } from './model-file.ts';

/** @throws Problem where they were not fetched, or cannot be read */
export async function readKnownWeights(id: string): Promise<Model> {
  const { files, title, licence, from } = fetchedWeights(id);
  const { card, weights, notes } = await readModel(files[0]);
  return { card: { ...card, name: title, licence, source: `${card.source}; ${from}` }, weights, notes };
}
