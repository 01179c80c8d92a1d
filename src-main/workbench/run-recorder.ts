/** Writes down what the worker of a run says. */
import type { FromWorker, StepMetrics } from '../contract/job.ts';
import { describe, Problem } from '../contract/problem.ts';
import { databaseProblem, type WritableDatabase } from '../store/database.ts';
import { saveEvaluation, thinEvaluations } from '../store/evaluations.ts';
import { dropMetricsAfter, type Metric, saveMetrics } from '../store/metrics.ts';
import { saveModel } from '../store/models.ts';
import { addEvent, changeRun, getRun, getRunDetail } from '../store/runs.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import type { Job } from './jobs.ts';
import type { OpenProject } from './project.ts';
import type { EvaluatedOn } from './run-data.ts';

/** The run's weights at its best evaluation and at its last step, as the training loop names them. */
const BEST = 'best.safetensors';
const FINAL = 'model.safetensors';

type Evaluated = Extract<FromWorker, { type: 'evaluated' }>;
type Trained = Extract<FromWorker, { type: 'trained' }>;

export class RunRecorder {
  /** Why it could not be written down any more. */
  failure: Problem | null = null;
  /** Whether the run got to its last step. */
  finished = false;
  private readonly context: Context;
  private readonly catalogue: Catalogue;
  private readonly project: OpenProject;
  private readonly run: string;
  private readonly job: Job;
  private readonly evaluatedOn: EvaluatedOn | null;
  private engine = '';
  /** Messages are written in the order they came, also where one takes a while. */
  private writing: Promise<void> = Promise.resolve();

  constructor(context: Context, catalogue: Catalogue, run: string, job: Job, evaluated: EvaluatedOn | null) {
    this.context = context;
    this.catalogue = catalogue;
    this.project = context.project;
    this.run = run;
    this.job = job;
    this.evaluatedOn = evaluated;
  }

  /** @param stop asks the worker to end, where what it says cannot be kept */
  hear(message: FromWorker, stop: () => void): void {
    this.writing = this.writing
      .then(() => this.write(message))
      .catch((error: unknown) => {
        if (this.failure) return;
        const known = databaseProblem(error, this.project.databaseFile);
        this.failure = known instanceof Problem ? known : new Problem(describe(error));
        if (!(known instanceof Problem)) console.error(error);
        stop();
      });
  }

  /** When all that was heard is written. */
  written(): Promise<void> {
    return this.writing;
  }

  private async write(message: FromWorker): Promise<void> {
    const { run, job } = this;
    switch (message.type) {
      case 'started': {
        this.engine = message.engine;
        const engine = `${message.engineName}, ${message.threads} threads`;
        await this.record((database) => {
          dropMetricsAfter(database, run, message.resumedFrom);
          changeRun(database, run, { engine, resumedFrom: message.resumedFrom, step: message.resumedFrom });
          const from = message.resumedFrom > 0 ? `Resumed after step ${message.resumedFrom}` : 'Started';
          const where = this.evaluatedOn?.words ?? null;
          for (const text of [`${from} on ${engine}.`, ...(where === null ? [] : [where]), ...message.notes])
            addEvent(database, run, { level: 'info', text });
        });
        job.update({ phase: 'Training', done: message.resumedFrom, status: 'running' });
        break;
      }
      case 'phase':
        job.update({ phase: message.text });
        return;
      case 'progress':
        job.update({ phase: `Evaluating, ${message.done} of ${message.total} images` });
        return;
      case 'steps':
        await this.steps(message.metrics, message.peakMemory);
        break;
      case 'paused':
        await this.record((database) => changeRun(database, run, { status: 'paused' }));
        job.update({ status: 'paused', phase: 'Paused' });
        break;
      case 'checkpoint':
        await this.record((database) => changeRun(database, run, { lastCheckpoint: message.step }));
        break;
      case 'event':
        if (message.text === '') return;
        await this.record((database) => addEvent(database, run, message));
        if (message.level === 'warning') this.context.tell('notice', { level: 'warning', text: message.text });
        break;
      case 'evaluated':
        await this.evaluated(message);
        break;
      case 'trained':
        await this.trained(message);
        break;
    }
    this.context.tell('run.progress', getRun(this.project.database, run));
    if (message.type === 'paused') this.context.tell('runs.changed', { run });
  }

  /** A run is long: it outlasts a program that holds the database for a while. */
  private record(work: (database: WritableDatabase) => void): Promise<void> {
    return this.project.write(work, PATIENCE_MS.job);
  }

  private async steps(steps: StepMetrics[], memoryPeak: number): Promise<void> {
    const last = steps.at(-1);
    if (!last) return;
    await this.record((database) => {
      saveMetrics(database, this.run, steps.flatMap(metricsOf));
      const { step, loss, learningRate, imagesPerSecond } = last;
      changeRun(database, this.run, { step, loss, learningRate, imagesPerSecond, memoryPeak });
    });
    const { batch } = getRunDetail(this.project.database, this.run).recipe;
    this.job.update({ phase: 'Training', done: last.step, rate: last.imagesPerSecond / batch });
  }

  private async evaluated({ step, result, best }: Evaluated): Promise<void> {
    const { database } = this.project;
    const { steps } = getRun(database, this.run);
    const evaluated = this.evaluatedOn;
    if (best) await this.keepModel(BEST);
    const { model } = getRun(database, this.run);
    const at = step ?? steps;
    await this.record((database) => {
      changeRun(database, this.run, { mIoU: result.mIoU, ...(best ? { bestMIoU: result.mIoU } : {}) });
      if (result.mIoU !== null) saveMetrics(database, this.run, [{ name: 'mIoU', step: at, value: result.mIoU }]);
      if (model === null || evaluated === null) return;
      // The last evaluation is the finished model's own; those before tell how it got there.
      const { dataset, split } = evaluated;
      const record = { model, dataset, split, step: at < steps ? at : null, engine: this.engine, result };
      saveEvaluation(database, record);
      thinEvaluations(database, model);
    });
    this.context.tell('evaluations.changed', {});
  }

  private async trained({ finished, step, weightsSha256 }: Trained): Promise<void> {
    if (finished) await this.keepModel(FINAL);
    this.finished = finished;
    const change = { step, lastCheckpoint: step, ...(finished ? { weightsSha256 } : {}) };
    await this.record((database) => changeRun(database, this.run, change));
  }

  /** Makes a weights file of the run's folder the run's model. */
  private async keepModel(name: string): Promise<void> {
    const file = `runs/${this.run}/${name}`;
    const { card, parameters, macs, inputSize } = await this.catalogue.model(this.project.path(file));
    const named = { ...card, name: getRun(this.project.database, this.run).name };
    const record = { file, card: named, run: this.run, parameters, macs, inputSize };
    await this.record((database) => void saveModel(database, record));
    this.context.tell('models.changed', {});
  }
}

function metricsOf({ step, loss, learningRate, imagesPerSecond, wait, terms }: StepMetrics): Metric[] {
  const found: Metric[] = Object.entries({ loss, learningRate, imagesPerSecond, wait }).map(([name, value]) => ({
    name,
    step,
    value,
  }));
  for (const { id, value, weighted, gradientNorm, own } of terms) {
    if (value !== undefined) found.push({ name: `${id}.value`, step, value });
    found.push({ name: `${id}.weighted`, step, value: weighted });
    if (gradientNorm !== undefined) found.push({ name: `${id}.gradientNorm`, step, value: gradientNorm });
    if (own !== undefined) found.push({ name: `${id}.own`, step, value: own });
  }
  return found;
}
