/** Several teachers: bound, checked, recorded with their run, and told which is the best at which class. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EvaluationResult } from '../../../src-main/contract/job.ts';
import type { Recipe } from '../../../src-main/contract/recipe.ts';
import { openDatabase } from '../../../src-main/store/database.ts';
import { saveEvaluation } from '../../../src-main/store/evaluations.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { projectOfStreets, quickRecipe, request, until } from './helpers.ts';

let own: Awaited<ReturnType<typeof projectOfStreets>>['own'];
let host: Workbench;
let project: string;
let dataset: number;
let classes: number;
/** Models of earlier runs. */
let models: number[];

beforeEach(async () => {
  const { data, ...made } = await projectOfStreets();
  ({ own, project, host } = made);
  dataset = data.id;
  classes = data.classes.length;
  models = [];
  for (const name of ['One', 'Two', 'Three']) models.push(await trained(quickRecipe(name)));
}, 90_000);
afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

/** @returns the model that came of it */
async function trained(recipe: Recipe, teacher: number | null = null, others: number[] = []): Promise<number> {
  const { run } = await request(host, 'runs.start', { recipe, dataset, teacher, others });
  await until(async () => (await request(host, 'runs.get', { run })).status === 'finished');
  return (await request(host, 'runs.get', { run })).model!;
}

const asked = (combine?: 'mean' | 'best-class'): Recipe => {
  const recipe = quickRecipe('Taught');
  const methods = [...recipe.methods, { ...recipe.methods[0], method: 'kd' }];
  return { ...recipe, methods, teacher: { ...recipe.teacher, combine } };
};

function evaluated(
  model: number,
  ious: (number | null)[],
  more: { step?: number; crf?: boolean; split?: string } = {},
) {
  const database = openDatabase(path.join(project, 'project.sqlite'));
  const rest = { mIoU: 0.5, pixelAccuracy: 0.5, meanAccuracy: 0.5, confusion: [], outputs: classes, images: 6 };
  const result: EvaluationResult = {
    ...{ ...rest, ious, msPerImage: 1, parameters: 1, macs: 1, inputSize: [32, 24], items: [] },
  };
  saveEvaluation(database, { model, dataset, split: 'train', step: null, engine: 'fake', result, ...more });
  database.close();
}
const filled = (first: (number | null)[], rest: number | null) => [
  ...first,
  ...new Array(classes - first.length).fill(rest),
];

test('a run is recorded with all its teachers, in order, and so is its recipe', async () => {
  const [one, two, three] = models;
  await trained(asked(), two, [three, one]);
  const [run] = await request(host, 'runs.list', {});
  expect(run).toMatchObject({ teacher: two, teacherName: 'Two', bestTeachers: null });
  expect(run.otherTeachers).toEqual([
    { id: three, name: 'Three' },
    { id: one, name: 'One' },
  ]);
  const { recipe } = await request(host, 'runs.get', { run: run.run });
  expect(recipe.teacher).toMatchObject({ others: ['Three', 'One'], combine: 'mean' });
  const written = JSON.parse(readFileSync(path.join(project, 'runs', run.run, 'recipe.json'), 'utf8'));
  expect(written.teacher).toEqual(recipe.teacher);
  // What the recipe says of others is what was bound.
  await trained({ ...recipe, name: 'Alone' }, one);
  const [alone] = await request(host, 'runs.list', {});
  expect(alone.otherTeachers).toEqual([]);
  const { recipe: plain } = await request(host, 'runs.get', { run: alone.run });
  expect(Object.keys(plain.teacher)).toEqual(['model', 'cache']);
});

test('a model is no teacher twice', async () => {
  const [one, two] = models;
  const chosen = { recipe: asked(), dataset, teacher: one, others: [two, one] };
  const { problems } = await request(host, 'recipes.check', chosen);
  const message = 'One is among the teachers twice; remove it once.';
  expect(problems).toEqual([{ field: 'teacher.others', message }]);
  await expect(request(host, 'runs.start', chosen)).rejects.toThrow(message);
});

test('the best at each class is told by the newest evaluations on the split that is trained on, and stays what it was', async () => {
  const [one, two, three] = models;
  const chosen = { recipe: asked('best-class'), dataset, teacher: one, others: [two] };
  evaluated(one, filled([0.9], 0.5));
  evaluated(two, filled([0.1], 0.6), { step: 4 });
  evaluated(two, filled([0.1], 0.6), { crf: true });
  evaluated(two, filled([0.1], 0.6), { split: 'val' });
  const refused = await request(host, 'recipes.check', chosen);
  expect(refused.best).toBeNull();
  expect(refused.problems).toEqual([
    {
      field: 'teacher.combine',
      message: expect.stringMatching(
        /^Two has not been evaluated on “train”; evaluate it there \(stillroom evaluate --split train\), .* by the mean\.$/,
      ),
    },
  ]);
  await expect(request(host, 'runs.start', chosen)).rejects.toThrow(/teacher\.combine: Two has not been evaluated/);
  expect(await request(host, 'runs.list', {})).toHaveLength(3);

  evaluated(two, filled([0.1, null], 0.2));
  evaluated(two, filled([0.1, 0.8, 0], 0.7));
  const best = filled([0, 1, 0], 1);
  expect(await request(host, 'recipes.check', chosen)).toMatchObject({ problems: [], best });
  await trained(chosen.recipe, one, [two]);
  // Another evaluation makes no other run of it.
  evaluated(one, filled([], 1));
  const [run] = await request(host, 'runs.list', {});
  expect(run.bestTeachers).toEqual(best);
  // One that is taught by the mean needs none.
  const mean = await request(host, 'recipes.check', { ...chosen, recipe: asked('mean'), others: [three] });
  expect(mean).toMatchObject({ problems: [], best: null });
});
