/** Several teachers of a run: whether they go together, and which is the best at which class. */
import type { Job } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { FieldProblem, Recipe } from '../contract/recipe.ts';
import { type BestTeachers, bestTeachersOf } from '../distillation/best-teachers.ts';
import { getDataset } from '../store/datasets.ts';
import { newestIous } from '../store/evaluations.ts';
import { getModel } from '../store/models.ts';
import type { OpenProject } from './project.ts';

/** The models that are to teach, by number. */
export interface ChosenTeachers {
  teacher: number | null;
  /** Beside it. */
  others: readonly number[];
}

/**
 * What becomes of several teachers: `best` where the recipe combines them by the best at each class, by what the project
 * keeps of evaluations on the split that is trained on. These are the images on which the teachers will speak, and no label of
 * the split that the student is judged by is looked at.
 */
export function decideTeachers(
  { database }: OpenProject,
  { data, teacher: { combine } }: Pick<Recipe, 'data' | 'teacher'>,
  dataset: number,
  { teacher, others }: ChosenTeachers,
): { best: BestTeachers | null; problems: FieldProblem[] } {
  if (teacher === null || others.length === 0) return { best: null, problems: [] };
  const all = [teacher, ...others];
  const name = (model: number) => getModel(database, model).card.name;
  const twice = all.find((model, k) => all.indexOf(model) < k);
  if (twice !== undefined) {
    const message = `${name(twice)} is among the teachers twice; remove it once.`;
    return { best: null, problems: [{ field: 'teacher.others', message }] };
  }
  if (combine !== 'best-class') return { best: null, problems: [] };
  const { classes } = getDataset(database, dataset);
  const ious = all.map((model) => newestIous(database, model, dataset, data.split));
  const missing = all.filter((_, k) => ious[k] === null).map(name);
  if (missing.length > 0) {
    const [have, them] = missing.length > 1 ? ['have', 'them'] : ['has', 'it'];
    const message =
      `${missing.join(', ')} ${have} not been evaluated on “${data.split}”; evaluate ${them} there ` +
      `(stillroom evaluate --split ${data.split}), or combine the teachers by the mean.`;
    return { best: null, problems: [{ field: 'teacher.combine', message }] };
  }
  return { best: bestTeachersOf(ious as (number | null)[][], classes.length), problems: [] };
}

/** The same. @throws Problem where they do not go together */
export function requireTeachers(...asked: Parameters<typeof decideTeachers>): BestTeachers | null {
  const { best, problems } = decideTeachers(...asked);
  const [first] = problems;
  if (first) throw new Problem(`The recipe cannot be run: ${first.field}: ${first.message}`, { where: first.field });
  return best;
}

/** A recipe that says which teachers there are beside the first one, by their names. */
export function withTeachers(project: OpenProject, recipe: Recipe, others: readonly number[]): Recipe {
  const { model, combine = 'mean', cache } = recipe.teacher;
  const names = others.map((id) => getModel(project.database, id).card.name);
  const teacher = names.length > 0 ? { model, others: names, combine, cache } : { model, cache };
  return { ...recipe, teacher };
}

/** What a job is told of them. */
export function otherTeachers(
  project: OpenProject,
  others: readonly number[],
  best: BestTeachers | null,
): Extract<Job, { kind: 'train' }>['others'] {
  if (others.length === 0) return undefined;
  const files = others.map((id) => project.path(getModel(project.database, id).file));
  return { files, best: best && [...best] };
}
