/** Data sets and models that a command names: by their place on disk, or by their name in the project. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import type { DatasetSummary } from '../contract/dataset.ts';
import type { JobData } from '../contract/job.ts';
import type { ModelSummary } from '../contract/model.ts';
import type { Reading } from '../contract/preview.ts';
import { Problem } from '../contract/problem.ts';
import { openDataset } from '../datasets/registry.ts';
import { labelValuesOf } from '../workbench/import.ts';
import type { Client } from './client.ts';

/** Imports a data set, or finds it in the project by name. @param base what a relative path starts from */
export async function datasetFor(client: Client, name: string, base = process.cwd()): Promise<DatasetSummary> {
  const folder = path.resolve(base, name);
  if (existsSync(folder)) return importDataset(client, folder);
  const found = (await client.request('datasets.list', {})).find((one) => one.name === name);
  if (found) return found;
  throw new Problem(`There is no data set “${name}”: neither a folder nor a data set of the project has this name.`, {
    where: folder,
    next: 'Check the path.',
  });
}

/** @param asked the name and the reading that the user wants; without, as before, or the folder's own */
export async function importDataset(
  client: Client,
  folder: string,
  asked: { name?: string; reading?: Reading | null } = {},
): Promise<DatasetSummary> {
  const file = await client.file('dataset', folder);
  const { job } = await client.request('datasets.import', { file, ...asked });
  await client.follow((one) => one.id === job, `Importing ${path.basename(path.resolve(folder))}`);
  const root = realpathSync(folder);
  const found = (await client.request('datasets.list', {})).find((one) => one.root === root);
  if (!found) throw new Problem(`The data set ${folder} was imported but is not in the project any more.`);
  return found;
}

/** Imports a weights file, or finds a model of the project by name. @param base what a relative path starts from */
export async function modelFor(client: Client, name: string, base = process.cwd()): Promise<ModelSummary> {
  const file = path.resolve(base, name);
  if (existsSync(file)) return client.request('models.import', { file: await client.file('model', file) });
  const models = await client.request('models.list', {});
  const found = models.findLast((one) => one.card.name === name || one.run === name);
  if (found) return found;
  throw new Problem(`There is no model “${name}”: neither a file nor a model of the project has this name.`, {
    where: file,
    next: 'Check the path.',
  });
}

/** The labelled items of a split, or all where the others are wanted too, straight from the folder. */
export function splitOf(folder: string, split: string, { unlabelled = false } = {}): { data: JobData; name: string } {
  let root: string;
  try {
    root = realpathSync(folder);
  } catch (error) {
    throw fileProblem(error, path.resolve(folder), 'open');
  }
  const dataset = openDataset(root);
  const items = dataset.items
    .filter((item) => item.split === split && (unlabelled || item.labels !== null))
    .map((item, id) => ({ ...item, id }));
  if (items.length === 0) {
    const usable = dataset.items.filter((item) => unlabelled || item.labels);
    const known = [...new Set(usable.map((item) => item.split))].join(', ');
    throw new Problem(`The data set has no ${unlabelled ? '' : 'labelled '}images in the split “${split}”.`, {
      where: root,
      next: known ? `Choose another with --split: ${known}.` : 'It has no label maps at all.',
    });
  }
  const { classes, name } = dataset;
  return { name, data: { root, classes, values: labelValuesOf(dataset), items, hash: '' } };
}
