/** Models of the project: imported ones are copied into it, so that a project is whole by itself. */
import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileProblem, temporaryBeside } from '../base/files.ts';
import type { ClassInfo } from '../contract/dataset.ts';
import type { ModelSummary } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import { findImportedModel, getModel, listModels, saveModel } from '../store/models.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Files } from './files.ts';

/**
 * Takes a weights file into the project. The same file twice is one model.
 * @throws Problem where it cannot be read or is no model (see readModel); nothing is then left in the project
 */
export async function importModel(context: Context, catalogue: Catalogue, file: string): Promise<ModelSummary> {
  const { project } = context;
  const { card, parameters, macs, inputSize, notes } = await catalogue.model(file);
  const known = findImportedModel(project.database, card.sha256);
  const name = `models/${card.sha256}${path.extname(file).toLowerCase()}`;
  if (known && existsSync(project.path(name))) return known;
  const to = project.path(name);
  const temporary = temporaryBeside(to);
  try {
    await copyFile(file, temporary);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileProblem(error, to, 'copy the model to');
  }
  const id = saveModel(project.database, { file: name, card, run: null, parameters, macs, inputSize });
  for (const text of notes) context.tell('notice', { level: 'warning', text });
  context.tell('models.changed', {});
  return withoutFile(getModel(project.database, id));
}

function withoutFile({ file: _file, ...model }: ReturnType<typeof getModel>): ModelSummary {
  return model;
}

/** @throws Problem where a model's classes are not the data set's, by name and order */
export function requireSameClasses(
  model: { name: string; classes: ClassInfo[] },
  dataset: { name: string; classes: ClassInfo[] },
): void {
  const names = (classes: ClassInfo[]) => classes.map((one) => one.name.toLowerCase());
  const [ours, theirs] = [names(model.classes), names(dataset.classes)];
  const at = theirs.findIndex((name, i) => name !== ours[i]);
  if (at < 0 && ours.length === theirs.length) return;
  const difference =
    ours.length === theirs.length
      ? `class ${at + 1} is “${model.classes[at].name}” in one and “${dataset.classes[at].name}” in the other`
      : `the model has ${ours.length} and the data set ${theirs.length}`;
  throw new Problem(
    `The classes of the model ${model.name} are not those of the data set ${dataset.name}: ${difference}.`,
    { next: 'Choose a model that was trained for these classes.' },
  );
}

export function modelHandlers(context: Context, catalogue: Catalogue, files: Files): HandlersOf<'models'> {
  return {
    'models.list': () => listModels(context.project.database),
    'models.import': ({ file }) => importModel(context, catalogue, files.resolve(file)),
  };
}
