/** A recipe that a command names, bound to its data set and teacher in a project. */
import path from 'node:path';
import type { Command } from 'commander';
import { appFolder } from '../base/folders.ts';
import type { MemoryNeed } from '../contract/memory.ts';
import { Problem } from '../contract/problem.ts';
import { AVERAGE_TEACHER, type Recipe, recipe as schema, targetData, taughtByAverage } from '../contract/recipe.ts';
import type { Params } from '../contract/window.ts';
import { readJson, recipeFile } from '../workbench/recipes.ts';
import type { Client } from './client.ts';
import { applySettings } from './set.ts';
import { datasetFor, modelFor } from './things.ts';

export interface RecipeOptions {
  data?: string;
  target?: string;
  /** All teachers, the first one first; empty: as the recipe says. */
  teacher: string[];
  from?: string;
  set: string[];
}

export interface BoundRecipe {
  recipe: Recipe;
  dataset: number;
  teacher: number | null;
  /** The teachers beside it. */
  others: number[];
  start: number | null;
  target: number | null;
  /** Null where it is not known. */
  memory: MemoryNeed | null;
}

export const RECIPE_HELP = 'the recipe: a JSON file, or the name of one that comes with Stillroom (camvid-dsd)';

/** Adds the options that bind and change a recipe. */
export function recipeOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'the data set, or its name in the project; goes before the recipe’s data.dataset')
    .option(
      '--target <folder>',
      'a second data set to adapt to, unlabelled, or its name in the project; goes before target.dataset',
    )
    .option(
      '--teacher <file>',
      'the teacher’s weights, or its name in the project; goes before teacher.model; once more for each further teacher',
      collect,
      [],
    )
    .option(
      '--from <file>',
      'weights that the student starts from, or a model of the project; goes before student.start',
    )
    .option(
      '--set <field=value>',
      'set a field of the recipe, for example schedule.steps=60; may be repeated',
      collect,
      [],
    );
}

/** For options that may be repeated. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/**
 * Reads and changes a recipe; what can be said of it without data set and teacher is said before they are read.
 * @throws Problem where it has fields that cannot be
 */
export async function readRecipe(client: Client, named: string, options: RecipeOptions): Promise<Recipe> {
  const changed = applySettings(readJson(recipeFile(appFolder(), named)), options.set);
  const parsed = schema.safeParse(changed);
  const nothing = { dataset: null, teacher: null, others: [], start: null, target: null };
  if (!parsed.success) throw await refusal(client, changed, nothing);
  return parsed.data;
}

/**
 * Reads and changes a recipe, imports data set and teachers where the project does not have them, and checks all together.
 * @param first a model of the project that goes before the recipe's first teacher
 * @throws Problem where it cannot be run
 */
export async function boundRecipe(
  client: Client,
  named: string,
  options: RecipeOptions,
  first?: string,
): Promise<BoundRecipe> {
  const recipe = await readRecipe(client, named, options);
  const beside = path.dirname(recipeFile(appFolder(), named));
  const data = bound(options.data, recipe.data.dataset, beside);
  if (!data)
    throw new Problem('The recipe names no data set.', { where: 'data.dataset', next: 'Name one with --data.' });
  const dataset = (await datasetFor(client, ...data)).id;
  const { model, others: more = [] } = recipe.teacher;
  const own = first ?? model;
  const [one, ...rest]: [string, string][] =
    options.teacher.length > 0
      ? options.teacher.map((name) => [name, process.cwd()])
      : [...(own === null ? [] : [own]), ...more].map((name) => [name, beside]);
  const ownAverage = one?.[0] === AVERAGE_TEACHER;
  if (ownAverage) recipe.teacher.model = AVERAGE_TEACHER;
  else if (taughtByAverage(recipe)) recipe.teacher.model = null;
  const teacher = one && !ownAverage ? (await modelFor(client, ...one)).id : null;
  const others: number[] = [];
  for (const name of rest) others.push((await modelFor(client, ...name)).id);
  const from = bound(options.from, recipe.student.start, beside);
  const start = from ? (await modelFor(client, ...from)).id : null;
  const target = await targetOf(client, recipe, options, beside);
  const chosen = { dataset, teacher, others, start, target };
  const { problems, memory } = await client.request('recipes.check', { recipe, ...chosen });
  if (problems.length > 0) throw await refusal(client, recipe, chosen);
  return { recipe, ...chosen, memory };
}

/** The second data set; its part of the recipe is made where only the option names it. */
async function targetOf(
  client: Client,
  recipe: Recipe,
  options: RecipeOptions,
  beside: string,
): Promise<number | null> {
  const wanted = bound(options.target, recipe.target?.dataset ?? null, beside);
  if (!wanted) {
    if (!recipe.target) return null;
    throw new Problem('The recipe has a target, but names no data set for it.', {
      where: 'target.dataset',
      next: 'Name one with --target.',
    });
  }
  recipe.target ??= targetData.parse({});
  return (await datasetFor(client, ...wanted)).id;
}

/** What the option or else the recipe names, and what a relative path in it starts from. */
function bound(option: string | undefined, field: string | null, beside: string): [string, string] | null {
  if (option !== undefined) return [option, process.cwd()];
  return field === null ? null : [field, beside];
}

async function refusal(
  client: Client,
  recipe: Recipe | unknown,
  bound: Omit<Params<'recipes.check'>, 'recipe'>,
): Promise<Problem> {
  const { problems } = await client.request('recipes.check', { recipe, ...bound });
  const words = problems.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return new Problem(`The recipe cannot be run: ${words}`, {
    next: 'Change it in the recipe, or with --set, --data, --target, --teacher and --from.',
  });
}
