/** Running models over images, and what came of it: evaluations, and how much two models differ. */
import type { EvaluationResult, FromWorker, Measured, Job as WorkerJob } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { JobSummary } from '../contract/window.ts';
import { getDataset } from '../store/datasets.ts';
import { evaluationsOfItem, listEvaluations, saveEvaluation } from '../store/evaluations.ts';
import { getItem } from '../store/items.ts';
import { jobData } from '../store/labelled.ts';
import { listMeasures, saveMeasure } from '../store/measures.ts';
import { getModel } from '../store/models.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Annotations } from './annotations.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Job } from './jobs.ts';
import { requireFittingClasses, requireSameClasses } from './models.ts';
import type { Keeper } from './projects.ts';
import { wantedEngine } from './settings.ts';
import { goThroughImages, StoppableJobs } from './stoppable-jobs.ts';

export class Evaluations implements Keeper {
  private readonly context: Context;
  private readonly corrections: Corrections;
  private readonly annotations: Annotations;
  private readonly jobs: StoppableJobs;

  constructor(context: Context, corrections: Corrections, annotations: Annotations) {
    this.context = context;
    this.corrections = corrections;
    this.annotations = annotations;
    this.jobs = new StoppableJobs(context);
  }

  /** Begins an evaluation. @throws Problem where the model does not fit the data set, or the split is empty */
  async start(modelId: number, datasetId: number, split: string, crf: boolean): Promise<Job> {
    const { project } = this.context;
    const model = getModel(project.database, modelId);
    requireFittingClasses(model.card, getDataset(project.database, datasetId));
    await this.corrections.prepare(datasetId);
    const data = jobData(project.database, project.folder, datasetId, split);
    const found: { result: EvaluationResult; crf: boolean }[] = [];
    return this.go({
      kind: 'evaluate',
      title: `Evaluating ${model.card.name} on ${split}${crf ? ', with CRF' : ''}`,
      total: data.items.length,
      job: { kind: 'evaluate', model: project.path(model.file), data, crf, engine: wantedEngine() },
      listen: (message) => {
        if (message.type === 'evaluated') found.push({ result: message.result, crf: message.crf ?? false });
      },
      save: async (engine) => {
        if (found.length === 0) throw endedWithoutResult();
        const about = { model: modelId, dataset: datasetId, split, step: null, engine };
        return project.write((database) => {
          for (const one of found) saveEvaluation(database, { ...about, ...one });
        }, PATIENCE_MS.job);
      },
      news: 'evaluations.changed',
    });
  }

  /**
   * Begins to find out how much two models differ on each image, labelled or not.
   * @param split null: all
   * @throws Problem where a model does not fit the data set, both are the same, or there is no image
   */
  disagreement(datasetId: number, split: string | null, modelId: number, otherId: number): Job {
    const { project } = this.context;
    const dataset = getDataset(project.database, datasetId);
    if (modelId === otherId)
      throw new Problem('A model does not differ from itself.', { next: 'Choose two different models.' });
    const models = [modelId, otherId].map((id) => getModel(project.database, id));
    for (const { card } of models) requireSameClasses(card, dataset);
    const [model, other] = models;
    return this.measure(
      { dataset: datasetId, split, model: modelId, other: otherId },
      `Comparing ${model.card.name} and ${other.card.name} on ${split ?? 'all images'}`,
      { kind: 'disagreement', models: [project.path(model.file), project.path(other.file)] },
    );
  }

  /**
   * Begins to find out how unsure a model is of each image, labelled or not.
   * @param split null: all
   * @throws Problem where the model does not fit the data set, or there is no image
   */
  uncertainty(datasetId: number, split: string | null, modelId: number): Job {
    const { project } = this.context;
    const model = getModel(project.database, modelId);
    requireSameClasses(model.card, getDataset(project.database, datasetId));
    return this.measure(
      { dataset: datasetId, split, model: modelId, other: null },
      `Asking ${model.card.name} how sure it is of ${split ?? 'all images'}`,
      { kind: 'uncertainty', model: project.path(model.file) },
    );
  }

  private measure(
    about: { dataset: number; split: string | null; model: number; other: number | null },
    title: string,
    what: { kind: 'disagreement'; models: [string, string] } | { kind: 'uncertainty'; model: string },
  ): Job {
    const { project } = this.context;
    const data = jobData(project.database, project.folder, about.dataset, about.split, { unlabelled: true });
    const { pixels } = getDataset(project.database, about.dataset);
    let measures: Measured[] | null = null;
    return this.go({
      kind: what.kind,
      title,
      total: data.items.length,
      job: { ...what, data, pixels, engine: wantedEngine() },
      listen: (message) => {
        if (message.type === 'measured') measures = message.measures;
      },
      save: async (engine) => {
        if (!measures) throw endedWithoutResult();
        const records = measures.map((one) => ({ ...about, ...one, engine }));
        return project.write((database) => {
          for (const record of records) saveMeasure(database, record);
        }, PATIENCE_MS.job);
      },
      news: 'measures.changed',
    });
  }

  /**
   * Begins to fill ignored pixels of images with a model's classes where it is sure.
   * @throws Problem where the model does not fit the data set, or none of the images is in it
   */
  prelabel(datasetId: number, items: number[], modelId: number, confidence: number): Job {
    const { database, folder } = this.context.project;
    const model = getModel(database, modelId);
    requireSameClasses(model.card, getDataset(database, datasetId));
    const all = jobData(database, folder, datasetId, null, { unlabelled: true });
    const chosen = new Set(items);
    const data = { ...all, items: all.items.filter(({ id }) => chosen.has(id)) };
    if (data.items.length === 0)
      throw new Problem('None of these images is in the data set.', { next: 'Choose others.' });
    const filling: Promise<boolean>[] = [];
    const began = new Date().toISOString();
    return this.go({
      kind: 'prelabel',
      title: `Pre-labelling ${data.items.length} ${data.items.length === 1 ? 'image' : 'images'} by ${model.card.name}`,
      total: data.items.length,
      job: { kind: 'prelabel', model: this.context.project.path(model.file), data, confidence, engine: wantedEngine() },
      listen: (message) => {
        if (message.type !== 'prelabelled') return;
        const filled = this.annotations.fill(message.item, message.classes, began);
        filled.catch(() => {});
        filling.push(filled);
      },
      save: async () => {
        await Promise.all(filling);
      },
      news: 'datasets.changed',
    });
  }

  /** Does a job over images, with a worker. */
  private go(work: {
    kind: JobSummary['kind'];
    title: string;
    /** Images. */
    total: number;
    job: WorkerJob;
    listen: (message: FromWorker) => void;
    /** Keeps what came of it, once the worker has ended. */
    save: (engine: string) => Promise<void>;
    news: 'evaluations.changed' | 'measures.changed' | 'datasets.changed';
  }): Job {
    const { kind, title, total, news } = work;
    const stopped = () => new Problem(`${title} was stopped.`);
    return this.jobs.start({ kind, title, total, news, stopped }, async (job, signal) => {
      const engine = await goThroughImages(this.context, job, work.job, work.listen, signal);
      await work.save(engine);
    });
  }

  closing(options: { stopRuns: boolean }): Promise<void> {
    return this.jobs.closing(options);
  }
}

function endedWithoutResult(): Problem {
  return new Problem('The worker ended without a result.', { next: 'Try again.' });
}

export function evaluationHandlers(
  context: Context,
  evaluations: Evaluations,
  annotations: Annotations,
): HandlersOf<'evaluations'> & HandlersOf<'measures'> & HandlersOf<'prelabels'> {
  return {
    'evaluations.start': async ({ model, dataset, split, crf }) => ({
      job: (await evaluations.start(model, dataset, split, crf)).summary.id,
    }),
    'evaluations.list': ({ dataset }) => listEvaluations(context.project.database, dataset),
    'evaluations.ofItem': ({ item }) => {
      getItem(context.project.database, item);
      return evaluationsOfItem(context.project.database, item);
    },
    'measures.list': ({ dataset }) => listMeasures(context.project.database, dataset),
    'measures.disagreement': ({ dataset, split, model, other }) => ({
      job: evaluations.disagreement(dataset, split, model, other).summary.id,
    }),
    'measures.uncertainty': ({ dataset, split, model }) => ({
      job: evaluations.uncertainty(dataset, split, model).summary.id,
    }),
    'prelabels.start': ({ dataset, items, model, confidence }) => ({
      job: evaluations.prelabel(dataset, items, model, confidence).summary.id,
    }),
    'prelabels.last': ({ dataset }) => ({ items: annotations.lastWork(dataset, 'prelabel') }),
    'prelabels.undo': async ({ items }) => {
      const undone = await Promise.all(items.map((item) => annotations.undoLast(item, 'prelabel')));
      return { items: items.filter((_, i) => undone[i]) };
    },
  };
}
