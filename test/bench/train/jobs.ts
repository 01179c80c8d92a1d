/** Training jobs as the workbench makes them, for what is measured. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { appFolder } from '../../../src-main/base/folders.ts';
import { type Recipe, recipe, type Term } from '../../../src-main/contract/recipe.ts';
import { methodById } from '../../../src-main/distillation/registry.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { type NetworkCase, SEED } from './networks.ts';

/** More steps than anybody waits for. */
export const ENDLESS = 1_000_000;

/** Data of so many classes and no items: for sessions that are given their batches. */
export function bareData(classes: number): TrainJob['data'] {
  return {
    root: '',
    classes: Array.from({ length: classes }, (_, i) => ({ name: `class ${i}`, color: [i, i, i] })),
    values: Array.from({ length: 256 }, (_, i) => (i < classes ? i : 255)),
    items: [],
    hash: '',
  };
}

/** Plain training of a network: cross-entropy, stochastic gradient descent with momentum. */
export function plainJob({ name, network, outputs, batch, size }: NetworkCase): TrainJob {
  return {
    kind: 'train',
    folder: '',
    recipe: recipe.parse({
      version: 1,
      name,
      data: {},
      student: { network },
      methods: [{ method: 'ce', weight: 1 }],
      optimizer: { kind: 'sgd', learningRate: 0.001, momentum: 0.9 },
      schedule: { steps: ENDLESS, power: 0 },
      batch,
      crop: size,
      seed: SEED,
    }),
    data: bareData(outputs),
    evaluation: null,
    teacher: null,
    engine: 'auto',
  };
}

/** The recipe that ships for CamVid: ESPNet-C from ESPNet by DSD. */
export function camvidRecipe(): Recipe {
  const file = path.join(appFolder(), 'resources', 'recipes', 'camvid-dsd.json');
  return recipe.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The job with cross-entropy as its only term. */
export function withoutTeacher(job: TrainJob): TrainJob {
  const methods = job.recipe.methods.filter(({ method }) => method === 'ce');
  return { ...job, teacher: null, recipe: { ...job.recipe, methods } };
}

/** The job with its teacher's outputs out of the cache. */
export function withCache(job: TrainJob): TrainJob {
  const { teacher } = job.recipe;
  const cached = { ...teacher, cache: { ...teacher.cache, mode: 'whole-image' as const } };
  return { ...job, recipe: { ...job.recipe, teacher: cached } };
}

/** A term of a recipe, with the method's own weight unless another is given. */
export function termOf(method: string, params: Term['params'] = {}, weight = methodById(method).defaultWeight): Term {
  return { method, weight, params, taps: null, schedule: null };
}
