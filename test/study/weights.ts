/** Sets the weights of terms on a fixed fifth of train, so that val is looked at by nobody before the end. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '../../src-main/cli/client.ts';
import { openDataset } from '../../src-main/datasets/registry.ts';
import { recipeHash } from '../../src-main/training/recipe-hash.ts';
import type { Records, WeightTrial } from './records.ts';
import { bind, doRun } from './runs.ts';
import { firstWeight, nameOf, recipeOf, type StudyTerm, type Table } from './tables.ts';

/**
 * Each weight is tried as the method's default, and so many times that: far enough apart for their results to be told
 * from the seed's.
 */
const FACTORS = [1, 0.1, 10];
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

/** Tries the student alone and each weight that has not been tried, and keeps each trial at once. */
export async function setWeights(
  client: Client,
  table: Table,
  { data, teacher, steps, records }: { data: string; teacher: string; steps: number; records: Records },
  goOn: () => boolean,
): Promise<void> {
  const bound = await bind(client, data, teacher, table.start);
  for (const { method, weight, terms } of trialsOf(table)) {
    const settings = { seed: 0, steps, weights: { [method]: weight } };
    const recipe = recipeOf({ ...table, id: 'weights' }, { id: method, terms }, settings);
    const hash = recipeHash(recipe);
    const trials = records.trials();
    if (trials.some((trial) => trial.recipeHash === hash)) continue;
    if (!goOn()) return;
    const { mIoU, seed } = await doRun(bound, recipe, { table: 'weights', entry: method });
    const trial: WeightTrial = { method, weight, seed, mIoU, recipeHash: hash };
    const others = trials.filter((one) => one.method !== method || one.weight !== weight || one.seed !== seed);
    records.keepTrials([...others, trial]);
    process.stderr.write(`${method} × ${weight}: mIoU ${(100 * mIoU).toFixed(2)}\n`);
  }
}

/** The student alone, each term with its first weight, then the others: so that something is known of each early. */
function trialsOf(table: Table): { method: string; weight: number; terms: StudyTerm[] }[] {
  const terms = termsOf(table);
  const weighted = FACTORS.flatMap((factor) =>
    terms.map((term) => ({
      method: nameOf(term),
      weight: Number((factor * firstWeight(term)).toPrecision(3)),
      terms: [term],
    })),
  );
  return [{ method: 'alone', weight: 0, terms: [] }, ...weighted];
}
