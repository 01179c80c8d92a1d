/** Models of the project: imported ones are copied into it, so that a project is whole by itself. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileProblem, temporaryBeside } from '../base/files.ts';
import type { ClassInfo } from '../contract/dataset.ts';
import type { ModelSummary } from '../contract/model.ts';
import {
  MODEL_EXTENSIONS,
  type ModelDescription,
  type ModelExport,
  type ModelNaming,
} from '../contract/model-requests.ts';
import type { NetworkSubject } from '../contract/network-drawing.ts';
import { Problem } from '../contract/problem.ts';
import { classMapping } from '../datasets/classes/mapping.ts';
import { findImportedModel, getModel, listModels, saveModel } from '../store/models.ts';
import { fetchKnownWeights, knownWeights } from '../weights/known-weights.ts';
import type { Catalogue, DrawingRequest, FoundModel } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Files } from './files.ts';
import type { Job } from './jobs.ts';
import type { Speeds } from './speeds.ts';
import { runJob } from './worker-process.ts';

/**
 * Takes a weights file into the project. The same file twice is one model.
 * @throws Problem where it cannot be read or is no model (see readModel); nothing is then left in the project
 */
export async function importModel(
  context: Context,
  catalogue: Catalogue,
  file: string,
  naming?: ModelNaming,
): Promise<ModelSummary> {
  if (naming) return importNamed(context, catalogue, file, naming);
  // Its numbers lie in other files: what is kept is one of our own
  if (await liesInSeveralFiles(file)) return importConverted(context, (out) => catalogue.rewrite(file, out));
  const { project } = context;
  const found = await catalogue.look(file);
  if ('unmapped' in found) return importFrozen(context, catalogue, file, found.unmapped.message);
  const { card, parameters, macs, inputSize, notes } = found;
  const known = findImportedModel(project.database, card.sha256);
  const name = `models/${card.sha256}${path.extname(file).toLowerCase()}`;
  if (known && existsSync(project.path(name))) return known;
  const to = project.path(name);
  const temporary = temporaryBeside(to);
  try {
    if (name.endsWith('.onnx')) await catalogue.wholeOnnx(file, temporary);
    else await copyFile(file, temporary);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Problem ? error : fileProblem(error, to, 'copy the model to');
  }
  return added(context, name, { card, parameters, macs, inputSize, notes });
}

async function liesInSeveralFiles(file: string): Promise<boolean> {
  if (['.json', '.pb'].includes(path.extname(file).toLowerCase())) return true;
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The same for a file whose naming the user has told: what is kept is a file of our own. */
function importNamed(context: Context, catalogue: Catalogue, file: string, naming: ModelNaming) {
  return importConverted(context, (out) => catalogue.convert(file, naming, out));
}

/** @param convert writes a file of our own */
async function importConverted(context: Context, convert: (out: string) => Promise<FoundModel>): Promise<ModelSummary> {
  const { project } = context;
  const temporary = temporaryBeside(project.path('models/named.safetensors'));
  try {
    const found = await convert(temporary);
    const known = findImportedModel(project.database, found.card.sha256);
    if (known && existsSync(project.path(getModel(project.database, known.id).file))) {
      await rm(temporary, { force: true });
      return known;
    }
    const name = `models/${found.card.sha256}.safetensors`;
    await rename(temporary, project.path(name));
    return await added(context, name, found);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * An ONNX model that cannot become a graph: what is kept is the file with a card in it, by which ONNX Runtime runs it.
 * @param why it has no graph
 */
async function importFrozen(context: Context, catalogue: Catalogue, file: string, why: string): Promise<ModelSummary> {
  const { project, options } = context;
  const temporary = project.path(`models/.${randomBytes(8).toString('hex')}.onnx`);
  try {
    const notes = await adoptFrozen(options.root, file, temporary, why);
    const found = await catalogue.model(temporary);
    const name = `models/${found.card.sha256}.onnx`;
    const known = findImportedModel(project.database, found.card.sha256);
    if (known && existsSync(project.path(name))) return known;
    await rename(temporary, project.path(name));
    return await added(context, name, { ...found, notes });
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Makes an ONNX model that cannot become a graph ready for ONNX Runtime.
 * @param out the file to be written
 * @param why it has no graph
 * @returns what the user should know
 * @throws Problem where ONNX Runtime does not run it either (see adoptOnnx)
 */
export async function adoptFrozen(root: string, file: string, out: string, why: string): Promise<string[]> {
  const notes = [`${why} ONNX Runtime runs it as it is: it can teach, be evaluated and compared, and stays frozen.`];
  await runJob(root, { kind: 'adopt', file: path.resolve(file), out }, (message) => {
    if (message.type === 'event') notes.push(message.text);
  });
  return notes;
}

async function added(context: Context, name: string, { notes, ...found }: FoundModel): Promise<ModelSummary> {
  const { project } = context;
  const id = await project.write((database) => saveModel(database, { file: name, run: null, ...found }));
  for (const text of notes) context.tell('notice', { level: 'warning', text });
  context.tell('models.changed', {});
  return withoutFile(getModel(project.database, id));
}

/**
 * Writes a model for other programs.
 * @throws Problem where it cannot be read or written, or where a file that nobody named is there already
 */
async function exportModel(
  context: Context,
  catalogue: Catalogue,
  folder: string,
  { model, format, name, size }: ModelExport,
): Promise<{ files: string[] }> {
  const { project } = context;
  const { file, card, speed } = getModel(project.database, model);
  if (name !== undefined && path.basename(name) !== name) {
    throw new Problem(`${name} is not the name of a file.`, { where: name });
  }
  const out = path.join(folder, name ?? `${card.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.${MODEL_EXTENSIONS[format]}`);
  if (name === undefined && existsSync(out)) {
    throw new Problem(`${path.basename(out)} is there already.`, { where: out, next: 'Choose another folder.' });
  }
  const files = await catalogue.exportModel(project.path(file), format, out, size, speed);
  return { files: files.map((one) => path.basename(one)) };
}

/**
 * Takes over what the user says of an imported model.
 * @throws Problem where a run made the model, there are more classes than outputs, or its file cannot be changed
 */
async function describeModel(
  context: Context,
  catalogue: Catalogue,
  { model, classes, preprocessing }: ModelDescription,
): Promise<ModelSummary> {
  const { project } = context;
  const { file, card, run, ...rest } = getModel(project.database, model);
  if (run !== null) {
    throw new Problem(`${card.name} was made by the run ${run}, which knows its classes and preprocessing.`, {
      next: 'Choose an imported model.',
    });
  }
  if (classes.length > card.outputs) {
    throw new Problem(`${card.name} has ${card.outputs} outputs for ${classes.length} classes.`, {
      where: 'classes',
      next: 'Choose classes of which there are no more.',
    });
  }
  const { guessed: _, ...known } = card;
  const told = { ...known, classes, preprocessing };
  await catalogue.describe(project.path(file), told);
  await project.write((database) => saveModel(database, { ...rest, file, run, card: told }));
  context.tell('models.changed', {});
  return withoutFile(getModel(project.database, model));
}

function withoutFile({ file: _file, ...model }: ReturnType<typeof getModel>): ModelSummary {
  return model;
}

/** @throws Problem where a model's classes are not the data set's, nor mapped to them by what is built in */
export function requireFittingClasses(...sides: Parameters<typeof requireSameClasses>): void {
  const [model, dataset] = sides;
  if (!classMapping(model.classes, dataset.classes)) requireSameClasses(model, dataset);
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

/** @throws Problem where there is no such model */
function drawn(context: Context, subject: NetworkSubject): Pick<DrawingRequest, 'network' | 'outputs' | 'title'> {
  if ('network' in subject) {
    const { network: id, options, outputs } = subject;
    const told = Object.entries(options).map(([name, value]) => `${name}=${value}`);
    return { network: { id, options }, outputs, title: [id, ...told].join(' ') };
  }
  const { network, outputs, name } = getModel(context.project.database, subject.model).card;
  return { network, outputs, title: name };
}

/** Fetches known weights and takes them into the project, as a job. */
function fetchKnown(context: Context, catalogue: Catalogue, id: string): Job {
  const { title } = knownWeights().find((one) => one.id === id) ?? { title: id };
  const job = context.jobs.start({ kind: 'fetch', title: `Getting ${title}` });
  const work = async () => {
    await fetchKnownWeights(id, (phase) => job.update({ phase }));
    job.update({ phase: 'Converting' });
    await importConverted(context, (out) => catalogue.known(id, out));
  };
  void work().then(
    () => job.finish(),
    (error: unknown) => job.fail(error),
  );
  return job;
}

export function modelHandlers(
  context: Context,
  catalogue: Catalogue,
  files: Files,
  speeds: Speeds,
): HandlersOf<'models'> {
  return {
    'models.measureSpeed': ({ model, size }) => ({ job: speeds.start(model, size).summary.id }),
    'models.list': () => listModels(context.project.database),
    'models.known': () => knownWeights(),
    'models.fetch': ({ known }) => ({ job: fetchKnown(context, catalogue, known).summary.id }),
    'models.export': (params) => exportModel(context, catalogue, files.resolve(params.file), params),
    'models.describe': (params) => describeModel(context, catalogue, params),
    'models.draw': ({ subject, size, open }) => catalogue.draw({ ...drawn(context, subject), size, open }),
    'models.match': ({ file, naming }) => catalogue.match(files.resolve(file), naming),
    'models.import': ({ file, naming }) => importModel(context, catalogue, files.resolve(file), naming),
  };
}
