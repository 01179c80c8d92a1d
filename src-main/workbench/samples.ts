/** The sample: a data set that our own code makes, the teacher that comes with Stillroom, and a project of both. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import type { ProjectSummary } from '../contract/window.ts';
import { makeSample } from '../datasets/sample.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Datasets } from './datasets.ts';
import { importModel } from './models.ts';
import { dataFolder } from './places.ts';
import type { Projects } from './projects.ts';

/** Where the sample data set is made; all projects use the same one. */
export function sampleFolder(): string {
  return path.join(dataFolder(), 'sample-streets');
}

/** The project that `project.sample` opens. */
export function sampleProject(): string {
  return path.join(dataFolder(), 'projects', 'sample');
}

/** The weights of the sample's teacher. @throws Problem where this Stillroom came without them */
export function sampleTeacher(root: string): string {
  const file = path.join(root, 'resources', 'sample-teacher.safetensors');
  if (existsSync(file)) return file;
  throw new Problem('The sample teacher is missing from this Stillroom.', {
    where: file,
    next: 'Install Stillroom again.',
  });
}

/** Opens the sample project and makes whatever of the sample is not there yet. */
async function openSample(
  context: Context,
  projects: Projects,
  datasets: Datasets,
  catalogue: Catalogue,
): Promise<ProjectSummary> {
  const teacher = sampleTeacher(context.options.root);
  const project = await projects.open(sampleProject(), 'either');
  const abort = new AbortController();
  const job = context.jobs.start({ kind: 'sample', title: 'Making the sample' }, () => abort.abort());
  try {
    const onProgress = (done: number, total: number) => job.update({ phase: 'Drawing streets', done, total });
    await makeSample(sampleFolder(), { onProgress, signal: abort.signal });
    await datasets.import(sampleFolder()).ended;
    await importModel(context, catalogue, teacher);
    job.finish();
  } catch (error) {
    const why = abort.signal.aborted ? new Problem('The sample was not finished.', { next: 'Open it again.' }) : error;
    job.fail(why);
    throw why;
  }
  return project;
}

export function sampleHandlers(
  context: Context,
  projects: Projects,
  datasets: Datasets,
  catalogue: Catalogue,
): Pick<HandlersOf<'project'>, 'project.sample'> {
  return { 'project.sample': () => openSample(context, projects, datasets, catalogue) };
}
