/** The recipes of single methods that come with Stillroom: each is listed, fits, and trains. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appFolder } from '../../../src-main/base/folders.ts';
import type { JobData } from '../../../src-main/contract/job.ts';
import type { NetworkRef } from '../../../src-main/contract/model.ts';
import { recipe as schema } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { requireRecipe } from '../../../src-main/training/check-recipe.ts';
import { Loader } from '../../../src-main/training/loader.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import { ownRecipes } from '../../../src-main/workbench/recipes.ts';
import { tinyData } from './tiny.ts';

const folder = path.join(appFolder(), 'resources', 'recipes', 'methods');
const names = readdirSync(folder).sort();
const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-recipes-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const network: NetworkRef = { id: 'espnet', options: { p: 1, q: 1 } };
const teacher = path.join(root, 'teacher.safetensors');
let data: JobData;

beforeAll(async () => {
  await startEngine('cpu');
  data = tinyData(path.join(root, 'data'));
  const weights = initialWeights(buildNetwork(network, data.classes.length), 5);
  const card = { name: 'teacher', network, classes: data.classes, outputs: data.classes.length };
  const rest = { preprocessing: STUDENT_PREPROCESSING, licence: '', source: '', sha256: weightsSha256(weights) };
  writeModel(teacher, { ...card, ...rest }, weights);
});

test('they are offered in a group of their own, behind the others, and docs/recipes.md lists them', () => {
  const own = ownRecipes(appFolder());
  const groups = own.map(({ group }) => group);
  expect(groups).toEqual([...groups].sort((a, b) => Number(a === 'methods') - Number(b === 'methods')));
  const offered = own.filter(({ group }) => group === 'methods');
  expect(offered.map(({ name }) => name).sort()).toEqual(names.map((name) => read(name).name).sort());
  expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
  const page = readFileSync(path.join(appFolder(), 'docs', 'recipes.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('Recipes that are ready'))!;
  const listed = [...section.matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm)].map(([, name, title]) => [
    `${name}.json`,
    title,
  ]);
  expect(listed.sort()).toEqual(names.map((name) => [name, read(name).name]));
});

describe.each(names)('%s', (name) => {
  const recipe = read(name);

  test('says the weights of all its terms, and fits data of any classes with ESPNet as the teacher', () => {
    const splits = ['train', 'val'].map((split) => ({ name: split, labelled: 4 }));
    const bound = { data: { classes: 3, splits }, teacher: { network, outputs: 3 } };
    expect(requireRecipe(recipe, bound).methods.length).toBeGreaterThan(0);
  });

  test('trains two steps', async () => {
    const small = schema.parse({ ...recipe, batch: 2, crop: [128, 128] });
    const job: TrainJob = {
      kind: 'train',
      folder: root,
      recipe: small,
      data,
      evaluation: null,
      teacher,
      engine: 'cpu',
    };
    const session = await Session.open(job, null);
    const loader = new Loader(data, small, null);
    try {
      for (const step of [0, 1]) {
        const { loss, terms } = session.step(await loader.batch(step), step);
        expect(loss).toBeGreaterThan(0);
        for (const { id, value, gradientNorm } of terms) {
          expect(Number.isFinite(value), id).toBe(true);
          if (step === 0) expect(gradientNorm, id).toBeGreaterThan(0);
        }
      }
    } finally {
      await loader.close();
      session.dispose();
    }
  });
});
