/**
 * Trains the sample's teacher and writes resources/sample-teacher.safetensors: the sample data set and the recipe
 * resources/recipes/sample-teacher.json, nothing else. Run it on Electron as Node, from the checkout:
 *
 *   ELECTRON_RUN_AS_NODE=1 "$(node bin/stillroom.mjs electron-path)" bin/make-sample-teacher.mjs [FOLDER]
 *
 * FOLDER keeps the sample and the run's checkpoints, so that an interrupted training goes on; a temporary one otherwise.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { recipe as schema } from '../src-main/contract/recipe.ts';
import { openDataset } from '../src-main/datasets/registry.ts';
import { makeSample } from '../src-main/datasets/sample.ts';
import { evaluateModel } from '../src-main/evaluation/evaluate.ts';
import { train } from '../src-main/training/loop.ts';
import { readModel, writeModel } from '../src-main/weights/model-file.ts';
import { ROOT } from './build.mjs';

const folder = path.resolve(process.argv[2] ?? mkdtempSync(path.join(os.tmpdir(), 'stillroom-teacher-')));
const run = path.join(folder, 'run');
const recipe = schema.parse(JSON.parse(readFileSync(path.join(ROOT, 'resources/recipes/sample-teacher.json'), 'utf8')));
const found = openDataset(await makeSample(path.join(folder, 'sample')));
const values = [...found.table].map((value) => Math.min(value, 255));

/** @param {string} split */
function data(split) {
  const items = found.items.filter((item) => item.split === split).map((item, id) => ({ ...item, id }));
  return { root: found.root, classes: found.classes, values, items, hash: 'sample' };
}

await train(
  {
    kind: 'train',
    folder: run,
    recipe,
    data: data(recipe.data.split),
    evaluation: data('val'),
    teacher: null,
    engine: 'cpu',
  },
  {
    control: { paused: false, stopped: false },
    evaluate: evaluateModel,
    send(message) {
      if (message.type === 'steps') {
        const last = message.metrics[message.metrics.length - 1];
        process.stderr.write(`\rstep ${last.step} of ${recipe.schedule.steps}, loss ${last.loss.toFixed(4)} `);
      } else if (message.type === 'evaluated') {
        process.stderr.write(`\nstep ${message.step}: mIoU ${message.result.mIoU?.toFixed(4)} on val\n`);
      } else if (message.type === 'event') process.stderr.write(`\n${message.text}\n`);
    },
  },
);

const { card, weights } = await readModel(path.join(run, 'model.safetensors'));
const described = {
  ...card,
  name: 'Sample teacher',
  licence: 'Apache-2.0',
  source: 'Trained on the sample by resources/recipes/sample-teacher.json',
};
writeModel(path.join(ROOT, 'resources', 'sample-teacher.safetensors'), described, weights);
