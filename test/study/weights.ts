/** Sets the weights of terms on a fixed fifth of train, so that val is looked at by nobody before the end. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '../../src-main/cli/client.ts';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import { openDataset } from '../../src-main/datasets/registry.ts';
import { recipeHash } from '../../src-main/training/recipe-hash.ts';
import { bestWeights, type Records, sumName, type WeightTrial } from './records.ts';
import { type Bound, bind, doRun } from './runs.ts';
import { recipeOf, type Table } from './tables.ts';
import { type Entry, firstWeight, nameOf, type StudyTerm } from './terms.ts';

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

/** The terms of entries that have trials of their own, each once. */
export function termsOf(entries: readonly Entry[]): StudyTerm[] {
  const own = entries.flatMap(({ terms }) => terms.filter(({ times }) => times === undefined));
  return [...new Map(own.map((term) => [nameOf(term), term])).values()];
}

/** What trials are done with: the data set without its val, the teacher, and where they are kept. */
export interface Trying {
  data: string;
  teacher: string;
  records: Records;
  goOn: () => boolean;
}

/**
 * Tries the student alone, then each term with its first weight; then with ten times that where the term did no harm,
 * with a tenth where it did; then, where a longer table has it, with the weight between the two. So something is known of
 * each term early, and each trial stands where it tells the most. Each is kept at once.
 * @param steps of each trial
 */
export async function setWeights(
  client: Client,
  [table, ...longer]: readonly Table[],
  steps: number,
  trying: Trying,
): Promise<void> {
  const bound = await bind(client, trying.data, trying.teacher, table.start);
  const trial = (method: string, weight: number, terms: StudyTerm[]) => {
    const recipe = recipeOf(
      { ...table, id: 'weights' },
      { id: method, terms },
      { seed: 0, steps, weights: { [method]: weight } },
    );
    return tryOnce(bound, recipe, { method, weight }, trying);
  };
  const alone = await trial('alone', 0, []);
  const terms = termsOf(table.entries).map((term) => ({ term, towards: 1 }));
  const finer = longer.flatMap(({ entries }) => entries.flatMap(({ terms }) => terms.map(nameOf)));
  for (const share of [0, 1, 0.5]) {
    for (const one of share === 0.5 ? terms.filter(({ term }) => finer.includes(nameOf(term))) : terms) {
      const weight = Number((firstWeight(one.term) * one.towards ** share).toPrecision(2));
      const mIoU = await trial(nameOf(one.term), weight, [one.term]);
      if (alone === null || mIoU === null) return;
      if (share === 0) one.towards = mIoU < alone ? 0.1 : 10;
    }
  }
}

/** Tries sums with the weights that did best term by term, for all of the table's steps. */
export async function trySums(
  client: Client,
  table: Table,
  sums: readonly Entry[],
  seeds: readonly number[],
  trying: Trying,
): Promise<void> {
  const bound = await bind(client, trying.data, trying.teacher, table.start);
  for (const seed of seeds) {
    for (const sum of sums) {
      const settings = { seed, steps: table.steps, weights: bestWeights(trying.records.trials()) };
      const recipe = recipeOf({ ...table, id: 'sums' }, sum, settings);
      await tryOnce(bound, recipe, { method: sumName(sum), weight: 1 }, trying);
    }
  }
}

/** @returns the mIoU on what is held back, of this run or of one before by the same recipe; null where none may begin */
async function tryOnce(
  bound: Bound,
  recipe: Recipe,
  what: Pick<WeightTrial, 'method' | 'weight'>,
  { records, goOn }: Trying,
): Promise<number | null> {
  const hash = recipeHash(recipe);
  const known = records.trials().find((one) => one.recipeHash === hash);
  if (known) return known.mIoU;
  if (!goOn()) return null;
  const { mIoU, seed } = await doRun(bound, recipe, { table: 'weights', entry: what.method });
  records.keepTrial({ ...what, seed, mIoU, recipeHash: hash });
  process.stderr.write(`${recipe.name}, × ${what.weight}: mIoU ${(100 * mIoU).toFixed(2)}\n`);
  return mIoU;
}
