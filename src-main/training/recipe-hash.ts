import { sha256 } from '../base/files.ts';
import { type Recipe, taughtByAverage } from '../contract/recipe.ts';

/**
 * A recipe's hash, whatever the order of its fields and wherever data set and teacher lie. Of the ways to save memory
 * only those count that change bits. What came to recipes later counts only where it is used: recipes of before there was
 * any stay what they were.
 */
export function recipeHash(recipe: Recipe): string {
  const { accumulate } = recipe.memory;
  const memory = accumulate > 1 ? { accumulate } : undefined;
  const { mode, format } = recipe.teacher.cache;
  const kept = mode === 'off' ? null : { mode, format };
  const { others, combine = 'mean' } = recipe.teacher;
  const several = others && { teachers: 1 + others.length, combine };
  const teacher = taughtByAverage(recipe) ? { average: true } : several ? { ...kept, ...several } : kept;
  const precision = recipe.precision === 'float32' ? undefined : recipe.precision;
  // What the student started from is in its weights
  const { auxiliary, average } = recipe.student;
  const later = { auxiliary: auxiliary || undefined, average: average ?? undefined };
  const student = { ...recipe.student, ...later, start: undefined };
  const methods = recipe.methods.map((term) => ({
    ...term,
    schedule: term.schedule ?? undefined,
    domain: term.domain === 'source' ? undefined : term.domain,
  }));
  const data = { ...recipe.data, dataset: null };
  const target = recipe.target && { ...recipe.target, dataset: null };
  const bare = { ...recipe, methods, student, memory, precision, data, target, teacher };
  const sorted = (_: string, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return sha256(JSON.stringify(bare, sorted));
}

/** The hash of the data that a run is on: its data set's own where there is no target. */
export function dataHash(data: { hash: string }, target: { hash: string } | null): string {
  return target ? sha256(`${data.hash} ${target.hash}`) : data.hash;
}
