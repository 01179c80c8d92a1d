/** Running a model over a split, and what came of it. */
import type { EvaluationResult } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { databaseProblem } from '../store/database.ts';
import { getDataset, jobData } from '../store/datasets.ts';
import { evaluationsOfItem, listEvaluations, saveEvaluation } from '../store/evaluations.ts';
import { getItem } from '../store/items.ts';
import { getModel } from '../store/models.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Job } from './jobs.ts';
import { requireSameClasses } from './models.ts';
import type { Keeper } from './projects.ts';
import { wantedEngine } from './settings.ts';
import { runJob } from './worker-process.ts';

export class Evaluations implements Keeper {
  private readonly context: Context;
  private readonly going = new Map<Job, AbortController>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Begins an evaluation. @throws Problem where the model does not fit the data set, or the split is empty */
  start(modelId: number, datasetId: number, split: string): Job {
    const { project } = this.context;
    const model = getModel(project.database, modelId);
    const dataset = getDataset(project.database, datasetId);
    requireSameClasses(model.card, dataset);
    const data = jobData(project.database, datasetId, split);
    const abort = new AbortController();
    const title = `Evaluating ${model.card.name} on ${split}`;
    const job = this.context.jobs.start({ kind: 'evaluate', title, total: data.items.length }, () => abort.abort());
    this.going.set(job, abort);
    let engine = '';
    let result: EvaluationResult | null = null;
    const work = runJob(
      this.context.options.root,
      { kind: 'evaluate', model: project.path(model.file), data, engine: wantedEngine() },
      (message) => {
        if (message.type === 'started') engine = message.engine;
        else if (message.type === 'phase') job.update({ phase: message.text });
        else if (message.type === 'progress') job.update({ phase: 'Evaluating', ...message });
        else if (message.type === 'evaluated') result = message.result;
        else if (message.type === 'event') {
          this.context.tell('notice', { level: message.level, text: message.text });
        }
      },
      abort.signal,
    );
    void work
      .then(() => {
        if (!result) throw new Problem('The worker ended without a result.', { next: 'Try again.' });
        const record = { model: modelId, dataset: datasetId, split, step: null, engine, result };
        saveEvaluation(project.database, record);
      })
      .then(
        () => job.finish(),
        (error: unknown) =>
          job.fail(
            abort.signal.aborted ? new Problem(`${title} was stopped.`) : databaseProblem(error, project.databaseFile),
          ),
      )
      .finally(() => {
        this.going.delete(job);
        if (this.context.projectIfOpen === project) this.context.tell('evaluations.changed', {});
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

export function evaluationHandlers(context: Context, evaluations: Evaluations): HandlersOf<'evaluations'> {
  return {
    'evaluations.start': ({ model, dataset, split }) => ({ job: evaluations.start(model, dataset, split).summary.id }),
    'evaluations.list': ({ dataset }) => listEvaluations(context.project.database, dataset),
    'evaluations.ofItem': ({ item }) => {
      getItem(context.project.database, item);
      return evaluationsOfItem(context.project.database, item);
    },
  };
}
