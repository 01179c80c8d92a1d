/** Which runs a table asks for, and which of those that were done are still what it asks for. Pure. */
import { recipeHash } from '../../src-main/training/recipe-hash.ts';
import type { RunRecord, StepTime } from './records.ts';
import { recipeOf, type Table } from './tables.ts';
import type { Entry, Weights } from './terms.ts';

/** How many steps an entry's runs take; null where the time of a step is not known that it depends on. */
export function stepsOf(table: Table, { sameTimeAs }: Entry, times: readonly StepTime[]): number | null {
  if (sameTimeAs === undefined) return table.steps;
  const time = times.find((one) => one.table === table.id && one.entry === sameTimeAs);
  return time ? Math.round(table.steps * time.ratio) : null;
}

/** The runs that the table would do again as they are: a run of another recipe says nothing about it. */
export function currentRuns(
  table: Table,
  runs: readonly RunRecord[],
  times: readonly StepTime[],
  weights: Weights,
): RunRecord[] {
  return runs.filter(({ entry: id, seed, recipeHash: hash }) => {
    const entry = table.entries.find((one) => one.id === id);
    const steps = entry && stepsOf(table, entry, times);
    return steps && seed < table.seeds && hash === recipeHash(recipeOf(table, entry, { seed, steps, weights }));
  });
}
