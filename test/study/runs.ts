/** One run of the study, done as `stillroom run` does it, in a project of the study's own. */
import type { Client } from '../../src-main/cli/client.ts';
import { importDataset, modelFor } from '../../src-main/cli/things.ts';
import { Problem } from '../../src-main/contract/problem.ts';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import { recipeHash } from '../../src-main/training/recipe-hash.ts';
import { mean } from '../bench/statistics.ts';
import type { RunRecord } from './records.ts';

/** What all runs of a table are done with. */
export interface Bound {
  client: Client;
  dataset: number;
  teacher: number;
  /** The model that the student starts from. */
  start: number | null;
}

/**
 * @param start known weights that students start from; null: random ones
 * @throws Problem where data set, teacher or weights cannot be had
 */
export async function bind(client: Client, data: string, teacher: string, start: string | null): Promise<Bound> {
  const dataset = (await importDataset(client, data)).id;
  const model = (await modelFor(client, teacher)).id;
  return { client, dataset, teacher: model, start: start === null ? null : await knownModel(client, start) };
}

async function knownModel(client: Client, id: string): Promise<number> {
  const { job } = await client.request('models.fetch', { known: id });
  await client.follow((one) => one.id === job, `Getting ${id}`);
  const { title } = (await client.request('models.known', {})).find((one) => one.id === id)!;
  return (await modelFor(client, title)).id;
}

/** The mIoU of the study's teacher on val. */
export async function evaluateTeacher({ client, dataset, teacher }: Bound): Promise<{ name: string; mIoU: number }> {
  const { job } = await client.request('evaluations.start', { model: teacher, dataset, split: 'val' });
  await client.follow((one) => one.id === job, 'Evaluating the teacher');
  const evaluations = await client.request('evaluations.list', { dataset });
  const { modelName, mIoU } = evaluations.find((one) => one.model === teacher)!;
  return { name: modelName, mIoU: mIoU! };
}

/** @throws Problem where it cannot be run, or was stopped */
export async function doRun(
  { client, dataset, teacher, start }: Bound,
  recipe: Recipe,
  place: Pick<RunRecord, 'table' | 'entry'>,
): Promise<RunRecord> {
  const asked = recipe.methods.length > 1 ? teacher : null;
  const { problems } = await client.request('recipes.check', { recipe, dataset, teacher: asked, start });
  if (problems.length > 0) throw new Problem(`${recipe.name}: ${problems[0].field}: ${problems[0].message}`);
  const began = performance.now();
  const { run } = await client.request('runs.start', { recipe, dataset, teacher: asked, start });
  await client.follow((job) => job.run === run, recipe.name);
  const seconds = (performance.now() - began) / 1000;
  const detail = await client.request('runs.get', { run });
  if (detail.status !== 'finished') {
    throw new Problem(`${recipe.name} was stopped after step ${detail.step}.`, { next: 'Start the study again.' });
  }
  const evaluations = (await client.request('evaluations.list', { dataset })).filter((one) => one.run === run);
  const last = evaluations.find(({ step }) => step === null)!;
  const before = evaluations.find(({ step }) => step !== null);
  return {
    ...place,
    seed: recipe.seed,
    recipe: JSON.parse(JSON.stringify(recipe)),
    recipeHash: recipeHash(recipe),
    mIoU: last.mIoU!,
    pixelAccuracy: last.pixelAccuracy,
    ious: last.ious,
    mIoUBefore: before?.mIoU ?? null,
    gradients: await gradientsOf(client, run, recipe),
    weightsSha256: detail.weightsSha256,
    seconds,
    machine: detail.machine,
    engine: detail.engine,
    codeVersion: detail.codeVersion,
    finishedAt: detail.finishedAt!,
  };
}

/** As `RunRecord.gradients` has them. @param run its name */
export async function gradientsOf(client: Client, run: string, { methods }: Recipe): Promise<Record<string, number>> {
  const names = methods.map(({ method }) => `${method}.gradientNorm`);
  const curves = await client.request('runs.curves', { run, names, points: 5000 });
  const sizes = methods.map(({ weight }, i) => weight * mean(curves.find(({ name }) => name === names[i])!.last));
  return Object.fromEntries(methods.map(({ method }, i) => [method, Number((sizes[i] / sizes[0]).toPrecision(3))]));
}
