/** Recipes: those that come with Stillroom, and files of the user's. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readBytes, writeAtomic } from '../base/files.ts';
import { precisionsOf } from '../contract/precision.ts';
import { Problem } from '../contract/problem.ts';
import { recipe as schema } from '../contract/recipe.ts';
import type { OwnRecipe } from '../contract/window.ts';
import { getDataset } from '../store/datasets.ts';
import { labelledSplits } from '../store/labelled.ts';
import { getModel } from '../store/models.ts';
import type { Catalogue, RecipeBinding } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Files } from './files.ts';
import { memoryBytes } from './machine.ts';
import type { OpenProject } from './project.ts';
import { judgeTarget } from './run-data.ts';
import { wantedEngine } from './settings.ts';
import type { TeacherCaches } from './teacher-caches.ts';
import { type ChosenTeachers, decideTeachers } from './teachers.ts';

/** Longer files are refused unread. */
const LONGEST = 1_000_000;

/** A file's content as JSON. @throws Problem where it cannot be read as such */
export function readJson(file: string): unknown {
  const bytes = readBytes(file);
  if (bytes.length > LONGEST) {
    throw new Problem(`${file} is too long for a recipe (${bytes.length} bytes).`, {
      where: file,
      next: 'Choose another file.',
    });
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(`${file} is not JSON: ${why}`, { where: file, next: 'Mend it or choose another file.' });
  }
}

/** Where the recipes lie that come with Stillroom: those of a data set or a task, then one for each method. */
const GROUPS: Record<OwnRecipe['group'], string[]> = { examples: ['recipes'], methods: ['recipes', 'methods'] };

function recipeFolders(root: string) {
  return Object.entries(GROUPS).map(([group, names]) => ({
    group: group as OwnRecipe['group'],
    folder: path.join(root, 'resources', ...names),
  }));
}

/** The file that is meant by a path, or by the short name of a recipe that comes with Stillroom (`camvid-dsd`, `kd`). */
export function recipeFile(root: string, named: string): string {
  const whole = path.resolve(named);
  if (existsSync(named) || !/^[\w-]+$/.test(named)) return whole;
  const own = recipeFolders(root).map(({ folder }) => path.join(folder, `${named}.json`));
  return own.find((file) => existsSync(file)) ?? whole;
}

/** The recipes that come with Stillroom, in each group by their names. */
export function ownRecipes(root: string): OwnRecipe[] {
  return recipeFolders(root).flatMap(({ group, folder }) => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const found = files.map((file) => schema.parse(readJson(path.join(folder, file))));
    found.sort((a, b) => a.name.localeCompare(b.name));
    return found.map((recipe) => ({ name: recipe.name, group, recipe }));
  });
}

/** What a recipe is to be run with, by number. */
export interface Chosen extends ChosenTeachers {
  dataset: number | null;
  /** What the student starts from. */
  start: number | null;
  /** The data set that it adapts to. */
  target: number | null;
}

/** What a recipe is checked against. @throws Problem where the project does not have one of them */
export function bindingOf({ database }: OpenProject, chosen: Chosen): RecipeBinding {
  const { dataset, teacher, others, start, target } = chosen;
  const dataOf = (id: number | null) =>
    id === null ? null : { classes: getDataset(database, id).classes.length, splits: labelledSplits(database, id) };
  return {
    data: dataOf(dataset),
    target: dataOf(target),
    teacher: teacher === null ? null : getModel(database, teacher).card,
    others: others.map((id) => getModel(database, id).card),
    start: start === null ? null : getModel(database, start).card,
    engine: wantedEngine(),
  };
}

export function recipeHandlers(
  context: Context,
  catalogue: Catalogue,
  files: Files,
  teacherCaches: TeacherCaches,
): HandlersOf<'recipes'> & HandlersOf<'networks'> & HandlersOf<'methods'> {
  return {
    'networks.list': () => catalogue.networks(),
    'networks.taps': ({ network }) => catalogue.taps(network),
    'methods.list': () => catalogue.methods(),
    'recipes.list': () => ownRecipes(context.options.root),
    'recipes.open': async ({ file }) => {
      const path = files.resolve(file);
      const content = readJson(path);
      const parsed = schema.safeParse(content);
      if (parsed.success) return { recipe: parsed.data };
      const [first] = await catalogue.check(content, { data: null, teacher: null });
      throw new Problem(`This is not a recipe that Stillroom knows: ${first.field}: ${first.message}`, {
        where: path,
        next: 'Correct it there and open it again.',
      });
    },
    'recipes.save': ({ file, recipe }) => {
      const path = files.resolve(file);
      writeAtomic(path, `${JSON.stringify(recipe, null, 2)}\n`);
      return null;
    },
    'recipes.compareTeacher': ({ recipe, dataset, teacher, others }) =>
      teacherCaches.compare(recipe, dataset, { teacher, others }),
    'recipes.check': async ({ recipe, ...chosen }) => {
      const binding = bindingOf(context.project, chosen);
      const problems = await catalogue.check(recipe, binding);
      const precisions = precisionsOf(wantedEngine());
      const { dataset } = chosen;
      const parsed = schema.safeParse(recipe);
      const decided =
        parsed.success && dataset !== null ? decideTeachers(context.project, parsed.data, dataset, chosen) : null;
      problems.push(...(decided?.problems ?? []));
      const judged = parsed.success ? judgeTarget(context.project.database, parsed.data, chosen) : null;
      problems.push(...(judged?.problems ?? []));
      const evaluatedOn = judged?.evaluatedOn ?? null;
      const best = decided?.best ?? null;
      if (problems.length > 0) return { problems, memory: null, precisions, best, evaluatedOn };
      const memory = await catalogue.memory(schema.parse(recipe), binding, wantedEngine(), memoryBytes());
      return { problems, memory, precisions, best, evaluatedOn };
    },
  };
}
