/** Sets the weights of terms on a fixed fifth of train, so that val is looked at by nobody before the end. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '../../src-main/cli/client.ts';
import { openDataset } from '../../src-main/datasets/registry.ts';
import { type Records, recipeSha256, type WeightTrial } from './records.ts';
import { bind, doRun } from './runs.ts';
import { firstWeight, nameOf, recipeOf, type StudyTerm, type Table } from './tables.ts';

/** Each weight is tried as the method's default, and so many times that. */
const FACTORS = [0.3, 1, 3];
const HELD_BACK = 5;

/**
 * A copy of the data set whose train split is four fifths of train and whose val split is every fifth image of it.
 * @returns its folder
 */
export function heldBack(data: string, into: string): string {
  const found = openDataset(data);
  const items = found.items.filter(({ split, labels }) => split === 'train' && labels !== null);
  for (const [i, { image, labels }] of items.entries()) {
    const split = i % HELD_BACK === 0 ? 'val' : 'train';
    for (const [from, folder] of [
      [image, split],
      [labels!, `${split}annot`],
    ]) {
      const to = path.join(into, folder, path.basename(from));
      mkdirSync(path.dirname(to), { recursive: true });
      if (!existsSync(to)) copyFileSync(path.join(found.root, from), to);
    }
  }
  return into;
}

/** The terms of a table, each once. */
export function termsOf(table: Table): StudyTerm[] {
  const terms = new Map(table.entries.flatMap((entry) => entry.terms.map((term) => [nameOf(term), term] as const)));
  return [...terms.values()];
}

/** Tries each weight that has not been tried, and keeps each trial at once. */
export async function setWeights(
  client: Client,
  table: Table,
  { data, teacher, steps, records }: { data: string; teacher: string; steps: number; records: Records },
  goOn: () => boolean,
): Promise<void> {
  const bound = await bind(client, data, teacher, table.start);
  for (const term of termsOf(table)) {
    for (const factor of FACTORS) {
      const weight = factor * firstWeight(term);
      const method = nameOf(term);
      const settings = { seed: 0, steps, weights: { [method]: weight } };
      const recipe = recipeOf({ ...table, id: 'weights' }, { id: method, terms: [term] }, settings);
      const hash = recipeSha256(recipe);
      const trials = records.trials();
      if (trials.some((trial) => trial.recipeSha256 === hash)) continue;
      if (!goOn()) return;
      const { mIoU, seed } = await doRun(bound, recipe, { table: 'weights', entry: method });
      const trial: WeightTrial = { method, weight, seed, mIoU, recipeSha256: hash };
      const others = trials.filter((one) => one.method !== trial.method || one.weight !== weight || one.seed !== seed);
      records.keepTrials([...others, trial]);
    }
  }
}
