/** What a sweep tries next. */
import type { Report } from '../base/fetch-wheel.ts';
import { randomUniform } from '../base/random.ts';
import { Problem } from '../contract/problem.ts';
import { MOST_RUNS, type Sweep, type SweepTrial, type Value } from '../contract/sweep.ts';
import { suggestByTpe } from './optuna.ts';
import { gridPoint, gridSize, tidy, valueAt } from './space.ts';

/** @throws Problem where the number of runs does not go with the way to search */
export function plannedRuns({ search, fields, runs }: Pick<Sweep, 'search' | 'fields' | 'runs'>): number {
  if (search !== 'grid') {
    if (runs !== null) return runs;
    throw new Problem('The sweep does not say how many runs it is to have.', { where: 'runs', next: 'Give a number.' });
  }
  if (runs !== null) {
    throw new Problem('A grid has as many runs as it has points: their number cannot be chosen.', {
      where: 'runs',
      next: 'Leave it out, or search at random.',
    });
  }
  const size = gridSize(fields);
  if (size <= MOST_RUNS) return size;
  throw new Problem(`The grid has ${size} points; a sweep may have ${MOST_RUNS} runs.`, {
    where: 'fields',
    next: 'Take fewer values of each field, or search at random.',
  });
}

/**
 * The values of a trial: the same each time, for the same sweep and the same trials before it.
 * @param before all trials with smaller numbers, in their order
 * @param report hears what is fetched, in words
 * @throws Problem where Optuna is needed and cannot be had
 */
export async function suggest(sweep: Sweep, before: readonly SweepTrial[], report: Report): Promise<Value[]> {
  const { fields, search, seed } = sweep;
  const at = before.length;
  switch (search) {
    case 'grid':
      return gridPoint(fields, at);
    case 'random':
      return fields.map(({ space }, f) => valueAt(space, randomUniform(seed, 'sweep', at, f)));
    case 'bayes': {
      const values = await suggestByTpe(sweep, before, report);
      return values.map((value, f) => tidy(fields[f].space, value));
    }
  }
}
