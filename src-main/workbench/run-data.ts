/** The data sets of a run that adapts from one to another. */
import { Problem } from '../contract/problem.ts';
import type { FieldProblem, Recipe } from '../contract/recipe.ts';
import { classMapping } from '../datasets/classes/mapping.ts';
import type { Database } from '../store/database.ts';
import { getDataset } from '../store/datasets.ts';
import { labelledSplits } from '../store/labelled.ts';
import { requireSameClasses } from './models.ts';

/** What a run is evaluated on. */
export interface EvaluatedOn {
  dataset: number;
  split: string;
  /** In words, where the run has two data sets. */
  words: string | null;
}

/** The data set that a recipe adapts to: null where it has no target. @throws Problem where it has one and none is chosen */
export function requireTarget({ target }: Recipe, chosen: number | null): number | null {
  if (!target) return null;
  if (chosen !== null) return chosen;
  throw new Problem('The recipe has a target, but no data set was chosen for it.', {
    where: 'target.dataset',
    next: 'Choose one, name one with --target, or leave the target out.',
  });
}

/**
 * The split of the target where that has labels, otherwise that of the source; null where there is to be no evaluation.
 * @throws Problem where the target has labels of other classes
 */
export function evaluatedOn(
  database: Database,
  { recipe, dataset, target }: { recipe: Recipe; dataset: number; target: number | null },
): EvaluatedOn | null {
  const source = getDataset(database, dataset);
  const { evaluationSplit: split } = recipe.data;
  if (target === null) return split === null ? null : { dataset, split, words: null };
  const { name, classes } = getDataset(database, target);
  const wanted = recipe.target?.evaluationSplit ?? null;
  const labelled = labelledSplits(database, target).find((one) => one.name === wanted)?.labelled ?? 0;
  if (wanted !== null && labelled > 0) {
    if (!classMapping(source.classes, classes)) requireComparable(source, { name, classes });
    return { dataset: target, split: wanted, words: `Evaluated on ${wanted} of the target ${name}.` };
  }
  if (split === null) return null;
  const why = wanted === null ? 'is not to be evaluated on' : `has no labels in ${wanted}`;
  return { dataset, split, words: `Evaluated on ${split} of the source ${source.name}: the target ${name} ${why}.` };
}

/** What is wrong with the target, where the source is chosen; otherwise what the run would be evaluated on, in words. */
export function judgeTarget(
  database: Database,
  recipe: Recipe,
  { dataset, target }: { dataset: number | null; target: number | null },
): { problems: FieldProblem[]; evaluatedOn: string | null } {
  if (!recipe.target || dataset === null) return { problems: [], evaluatedOn: null };
  try {
    const on = evaluatedOn(database, { recipe, dataset, target: requireTarget(recipe, target) });
    return { problems: [], evaluatedOn: on?.words ?? null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { where = 'target', message, next = '' } = error;
    return { problems: [{ field: where, message: `${message} ${next}` }], evaluatedOn: null };
  }
}

function requireComparable(...sides: Parameters<typeof requireSameClasses>): void {
  try {
    requireSameClasses(...sides);
  } catch {
    const [source, target] = sides;
    throw new Problem(`The target ${target.name} has other classes than the source ${source.name}.`, {
      where: 'target.evaluationSplit',
      next: 'Set target.evaluationSplit to null, so that its labels are not used, or give both the same classes.',
    });
  }
}
