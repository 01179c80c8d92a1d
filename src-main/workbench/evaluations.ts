/** Running models over images, and what came of it: evaluations, and how much two models differ. */
import type { EvaluationResult, FromWorker, ItemValue, Job as WorkerJob } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { JobSummary } from '../contract/window.ts';
import { databaseProblem } from '../store/database.ts';
import { getDataset } from '../store/datasets.ts';
import { evaluationsOfItem, listEvaluations, saveEvaluation } from '../store/evaluations.ts';
import { getItem } from '../store/items.ts';
import { jobData } from '../store/labelled.ts';
import { listMeasures, saveMeasure } from '../store/measures.ts';
import { getModel } from '../store/models.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Job } from './jobs.ts';
import { requireSameClasses } from './models.ts';
import type { Keeper } from './projects.ts';
import { wantedEngine } from './settings.ts';
import { runJob } from './worker-process.ts';

export class Evaluations implements Keeper {
  private readonly context: Context;
  private readonly corrections: Corrections;
  private readonly going = new Map<Job, AbortController>();

  constructor(context: Context, corrections: Corrections) {
    this.context = context;
    this.corrections = corrections;
  }

  /** Begins an evaluation. @throws Problem where the model does not fit the data set, or the split is empty */
  async start(modelId: number, datasetId: number, split: string): Promise<Job> {
    const { project } = this.context;
    const model = getModel(project.database, modelId);
    requireSameClasses(model.card, getDataset(project.database, datasetId));
    await this.corrections.prepare(datasetId);
    const data = jobData(project.database, project.folder, datasetId, split);
    let result: EvaluationResult | null = null;
    return this.go({
      kind: 'evaluate',
      title: `Evaluating ${model.card.name} on ${split}`,
      total: data.items.length,
      job: { kind: 'evaluate', model: project.path(model.file), data, engine: wantedEngine() },
      listen: (message) => {
        if (message.type === 'evaluated') result = message.result;
      },
      save: (engine) => {
        if (!result) throw endedWithoutResult();
        saveEvaluation(project.database, { model: modelId, dataset: datasetId, split, step: null, engine, result });
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
    const data = jobData(project.database, project.folder, datasetId, split, { unlabelled: true });
    let values: ItemValue[] | null = null;
    return this.go({
      kind: 'disagreement',
      title: `Comparing ${model.card.name} and ${other.card.name} on ${split ?? 'all images'}`,
      total: data.items.length,
      job: {
        kind: 'disagreement',
        models: [project.path(model.file), project.path(other.file)],
        data,
        engine: wantedEngine(),
      },
      listen: (message) => {
        if (message.type === 'measured') values = message.values;
      },
      save: (engine) => {
        if (!values) throw endedWithoutResult();
        const about = { kind: 'disagreement' as const, dataset: datasetId, split, model: modelId, other: otherId };
        saveMeasure(project.database, { ...about, engine, values });
      },
      news: 'measures.changed',
    });
  }

  /** Does a job whose result is kept whole or not at all. */
  private go(work: {
    kind: JobSummary['kind'];
    title: string;
    /** Images. */
    total: number;
    job: WorkerJob;
    listen: (message: FromWorker) => void;
    save: (engine: string) => void;
    news: 'evaluations.changed' | 'measures.changed';
  }): Job {
    const { project } = this.context;
    const { kind, title, total } = work;
    const abort = new AbortController();
    const job = this.context.jobs.start({ kind, title, total }, () => abort.abort());
    this.going.set(job, abort);
    let engine = '';
    const listen = (message: FromWorker) => {
      if (message.type === 'started') engine = message.engine;
      else if (message.type === 'phase') job.update({ phase: message.text });
      else if (message.type === 'progress') job.update({ phase: 'Looking at the images', ...message });
      else if (message.type === 'event') {
        this.context.tell('notice', { level: message.level, text: message.text });
      } else work.listen(message);
    };
    void runJob(this.context.options.root, work.job, listen, abort.signal)
      .then(() => work.save(engine))
      .then(
        () => job.finish(),
        (error: unknown) =>
          job.fail(
            abort.signal.aborted ? new Problem(`${title} was stopped.`) : databaseProblem(error, project.databaseFile),
          ),
      )
      .finally(() => {
        this.going.delete(job);
        if (this.context.projectIfOpen === project) this.context.tell(work.news, {});
      });
    return job;
  }

  async closing(options: { stopRuns: boolean }): Promise<void> {
    for (const [job, abort] of this.going) {
      if (options.stopRuns) abort.abort();
      await job.ended.catch(() => {});
    }
  }
}

function endedWithoutResult(): Problem {
  return new Problem('The worker ended without a result.', { next: 'Try again.' });
}

export function evaluationHandlers(
  context: Context,
  evaluations: Evaluations,
): HandlersOf<'evaluations'> & HandlersOf<'measures'> {
  return {
    'evaluations.start': async ({ model, dataset, split }) => ({
      job: (await evaluations.start(model, dataset, split)).summary.id,
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
  };
}
