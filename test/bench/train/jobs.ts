/** Training jobs as the workbench makes them, for what is measured. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { appFolder } from '../../../src-main/base/folders.ts';
import { type Recipe, recipe, type Term } from '../../../src-main/contract/recipe.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { type NetworkCase, SEED } from './networks.ts';

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
      schedule: { steps: 1_000_000, power: 0 },
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
export function camvidRecipe(change: Partial<Recipe> = {}): Recipe {
  const file = path.join(appFolder(), 'resources', 'recipes', 'camvid-dsd.json');
  return recipe.parse({ ...JSON.parse(readFileSync(file, 'utf8')), ...change });
}

/** The terms of a method's family (`dsd` has `dsd.psd` and `dsd.csd`) besides cross-entropy. */
export function familyTerms(family: string, known: readonly { id: string; defaultWeight: number }[]): Term[] {
  return known
    .filter(({ id }) => id === family || id.startsWith(`${family}.`))
    .map(({ id, defaultWeight }) => ({ method: id, weight: defaultWeight, params: {}, taps: null }));
}
