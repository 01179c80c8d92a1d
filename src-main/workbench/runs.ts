/** Runs: one trains at a time, the others wait; what its worker says goes to the database and to whoever looks. */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileProblem, writeAtomic } from '../base/files.ts';
import { describe, Problem } from '../contract/problem.ts';
import { type RunStart, taughtByAverage } from '../contract/recipe.ts';
import type { RunStatus } from '../contract/window.ts';
import { databaseProblem, type WritableDatabase } from '../store/database.ts';
import { getDataset } from '../store/datasets.ts';
import { jobData } from '../store/labelled.ts';
import { getModel } from '../store/models.ts';
import { runGain } from '../store/run-gain.ts';
import {
  addEvent,
  addRun,
  breakLostRuns,
  changeRun,
  dropRun,
  getRun,
  getRunDetail,
  listRuns,
  type RunChange,
} from '../store/runs.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import { dataHash } from '../training/recipe-hash.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Job } from './jobs.ts';
import { codeVersion, machine, memoryBytes } from './machine.ts';
import { requireSameClasses } from './models.ts';
import type { Keeper } from './projects.ts';
import type { Reader } from './reader.ts';
import { bindingOf } from './recipes.ts';
import { evaluatedOn, requireTarget } from './run-data.ts';
import { RunRecorder } from './run-recorder.ts';
import { wantedEngine } from './settings.ts';
import type { Speeds } from './speeds.ts';
import { otherTeachers, requireTeachers, withTeachers } from './teachers.ts';
import { type WorkerEnd, WorkerProcess } from './worker-process.ts';

/** The name of the file that a student starts from, in its run's folder. */
const START = 'start';

interface Active {
  run: string;
  job: Job;
  /** null: its data are being made ready, or its student is measured. */
  worker: WorkerProcess | null;
  /** Aborted where it is to stop: as soon as there is a worker, or in the middle of what is measured. */
  stopping: AbortController;
}

export class Runs implements Keeper {
  private readonly context: Context;
  private readonly catalogue: Catalogue;
  private readonly corrections: Corrections;
  private readonly speeds: Speeds;
  private active: Active | null = null;
  private readonly queue: { run: string; job: Job }[] = [];
  private idle: (() => void)[] = [];

  constructor(context: Context, catalogue: Catalogue, corrections: Corrections, speeds: Speeds) {
    this.context = context;
    this.catalogue = catalogue;
    this.corrections = corrections;
    this.speeds = speeds;
  }

  /**
   * Records a run and starts it, or lets it wait behind the one that trains.
   * @param also writes along what belongs to it: together with the run, or not at all
   * @returns its folder's name
   * @throws Problem where recipe, data set and teachers do not go together; nothing is then recorded
   */
  async start(
    { recipe: asked, ...chosen }: RunStart,
    also?: (database: WritableDatabase, run: string) => void,
  ): Promise<string> {
    const { project, options } = this.context;
    const { dataset, others, start } = chosen;
    const teacher = taughtByAverage(asked) ? null : chosen.teacher;
    const target = requireTarget(asked, chosen.target);
    for (const id of [dataset, ...(target === null ? [] : [target])]) await this.corrections.prepare(id);
    const from = start === null ? null : getModel(project.database, start);
    const named = withTeachers(project, asked, others);
    const recipe = { ...named, student: { ...asked.student, start: from?.card.name ?? null } };
    const binding = bindingOf(project, { ...chosen, teacher, target });
    await this.catalogue.require(recipe, binding);
    const best = requireTeachers(project, recipe, dataset, { teacher, others });
    const data = getDataset(project.database, dataset);
    const second = target === null ? null : getDataset(project.database, target);
    evaluatedOn(project.database, { recipe, dataset, target });
    for (const model of teacher === null ? [] : [teacher, ...others]) {
      requireSameClasses(getModel(project.database, model).card, data);
    }
    const parameters = await this.catalogue.parameters(recipe.student.network, data.classes.length);
    const memory = await this.catalogue.memory(recipe, binding, wantedEngine(), memoryBytes());
    const record = {
      recipe,
      dataset,
      target,
      ...{ teacher, others, best },
      parameters,
      codeVersion: codeVersion(options.root, options.version),
      dataHash: dataHash(data, second),
      machine: machine(),
      memoryEstimate: memory?.bytes ?? null,
    };
    const run = await project.write((database) => {
      const added = addRun(database, record);
      also?.(database, added);
      return added;
    });
    const folder = project.path('runs', run);
    try {
      mkdirSync(folder);
      // Its own, so that the run can begin whatever becomes of the model
      if (from) copyFileSync(project.path(from.file), path.join(folder, `${START}${path.extname(from.file)}`));
      writeAtomic(project.path('runs', run, 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`);
    } catch (error) {
      await project.write((database) => dropRun(database, run));
      rmSync(folder, { recursive: true, force: true });
      throw fileProblem(error, folder, 'make the folder');
    }
    this.enqueue(run);
    return run;
  }

  /** Lets a paused run go on, or starts one again from its newest checkpoint. @throws Problem where it has finished */
  async resume(run: string): Promise<void> {
    if (this.active?.run === run) {
      const { worker, job } = this.active;
      worker?.tell({ type: 'resume' });
      await this.set(run, { status: 'running' });
      job.update({ status: 'running', phase: 'Training' });
      return;
    }
    const { status } = getRun(this.context.project.database, run);
    if (status === 'finished') throw new Problem(`The run ${run} has finished.`, { next: 'Start a new one.' });
    if (this.waits(run)) return;
    await this.set(run, { status: 'queued', message: null, finishedAt: null });
    // It may have been asked for twice.
    if (!this.waits(run) && this.active?.run !== run) this.enqueue(run);
  }

  /** @throws Problem where it is not the run that trains */
  pause(run: string): void {
    if (this.active?.run !== run || !this.active.worker) {
      throw new Problem(`The run ${run} is not running.`, { next: 'It cannot be paused.' });
    }
    this.active.worker.tell({ type: 'pause' });
  }

  /** Ends a run with a checkpoint; one that waits is taken out of the queue. One that has ended is left as it is. */
  async stop(run: string): Promise<void> {
    if (this.active?.run === run) {
      this.active.job.update({ phase: 'Stopping with a checkpoint' });
      this.active.stopping.abort();
      this.active.worker?.tell({ type: 'stop' });
      return;
    }
    const at = this.queue.findIndex((one) => one.run === run);
    if (at < 0) return;
    const [{ job }] = this.queue.splice(at, 1);
    await this.set(run, { status: 'stopped' });
    job.finish('Stopped before it began');
    this.settle();
  }

  /** Waits until a run neither trains nor waits any more. */
  async ended(run: string): Promise<void> {
    const going = this.active?.run === run ? this.active : this.queue.find((one) => one.run === run);
    // How it ended is in the database
    await going?.job.ended.catch(() => {});
  }

  /** What was going when the last host of the project died can be resumed. */
  opened(): Promise<void> {
    return this.context.project.write((database) => {
      for (const run of breakLostRuns(database)) {
        addEvent(database, run, { level: 'warning', text: 'Stillroom ended while the run was going.' });
      }
    });
  }

  async closing(options: { stopRuns: boolean }): Promise<void> {
    if (options.stopRuns) {
      const going = [...this.queue, ...(this.active ? [this.active] : [])];
      await Promise.all(going.map(({ run }) => this.stop(run)));
    }
    while (this.active || this.queue.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private waits(run: string): boolean {
    return this.queue.some((one) => one.run === run);
  }

  /** @param run a queued one */
  private enqueue(run: string): void {
    const { name, steps, step } = getRun(this.context.project.database, run);
    const job = this.context.jobs.start({ kind: 'train', title: name, run, total: steps }, () => this.stop(run));
    job.update({ phase: 'Waiting for another run', done: step });
    this.queue.push({ run, job });
    this.context.tell('runs.changed', { run });
    this.next();
  }

  private next(): void {
    if (this.active) return;
    const first = this.queue.shift();
    if (!first) {
      this.settle();
      return;
    }
    const active: Active = { ...first, worker: null, stopping: new AbortController() };
    this.active = active;
    this.begin(active).catch((error: unknown) => {
      void this.end(active, { kind: 'failed', problem: asProblem(error) }, null);
    });
  }

  private async begin(active: Active): Promise<void> {
    const { run, job } = active;
    const { project, options } = this.context;
    const detail = getRunDetail(project.database, run);
    const { recipe, dataset, target, teacher, otherTeachers: others, bestTeachers } = detail;
    job.update({ phase: 'Making the label maps ready' });
    for (const id of [dataset, ...(target === null ? [] : [target])]) await this.corrections.prepare(id);
    await this.set(run, { status: 'running', message: null, finishedAt: null });
    const evaluated = evaluatedOn(project.database, { recipe, dataset, target });
    const recorder = new RunRecorder(this.context, this.catalogue, run, job, evaluated);
    const dataOf = (id: number, split: string, all = false) =>
      jobData(project.database, project.folder, id, split, { unlabelled: all, readable: all });
    const worker = new WorkerProcess(
      options.root,
      {
        kind: 'train',
        folder: project.path('runs', run),
        recipe,
        data: dataOf(dataset, recipe.data.split),
        evaluation: evaluated && dataOf(evaluated.dataset, evaluated.split),
        target: target === null ? null : dataOf(target, recipe.target!.split, true),
        teacher: teacher === null ? null : project.path(getModel(project.database, teacher).file),
        others: otherTeachers(
          project,
          others.map(({ id }) => id),
          bestTeachers,
        ),
        start: startFile(project.path('runs', run)),
        teacherCache: project.path('cache', 'teacher'),
        engine: wantedEngine(),
      },
      (message) => recorder.hear(message, () => worker.tell({ type: 'stop' })),
    );
    job.update({ phase: 'Starting the worker' });
    active.worker = worker;
    if (active.stopping.signal.aborted) worker.tell({ type: 'stop' });
    void worker.ended.then(async (end) => {
      await recorder.written();
      if (end.kind === 'done' && recorder.finished && !recorder.failure) await this.measure(active);
      await this.end(active, end, recorder);
    });
  }

  /** How fast the student is, as the last part of its run; that it could not be measured is no failure of the run. */
  private async measure(active: Active): Promise<void> {
    const { run, job, stopping } = active;
    const { project } = this.context;
    active.worker = null;
    try {
      const { model } = getRun(project.database, run);
      if (model === null || stopping.signal.aborted) return;
      const { inputSize } = getModel(project.database, model);
      job.update({ phase: 'Measuring the speed of the student' });
      await this.speeds.measure(model, inputSize, stopping.signal, () => {});
      this.context.tell('models.changed', {});
    } catch (error) {
      if (stopping.signal.aborted) return;
      const text = `The student’s speed could not be measured. ${describe(error)}`;
      const noted = project.write((database) => addEvent(database, run, { level: 'warning', text }), PATIENCE_MS.job);
      // What keeps this from being noted keeps the run's end from it, too, which is then told
      await noted.catch(() => {});
    }
  }

  private async end({ run, job }: Active, end: WorkerEnd, recorder: RunRecorder | null): Promise<void> {
    const failure = recorder?.failure ?? (end.kind === 'failed' ? end.problem : null);
    let status: RunStatus = recorder?.finished ? 'finished' : 'stopped';
    let message: string | null = null;
    if (failure) {
      status = 'failed';
      message = failure.line;
    } else if (end.kind === 'died') {
      status = 'broken';
      message = `The worker process died (${end.words}). Resume the run: it goes on from its last checkpoint.`;
    }
    const { project } = this.context;
    const note = (database: WritableDatabase) => {
      changeRun(database, run, { status, message, finishedAt: new Date().toISOString() });
      if (message) addEvent(database, run, { level: 'error', text: message });
    };
    await project.write(note, PATIENCE_MS.job).catch((error: unknown) => {
      // A full disk, most likely: the next opening of the project finds the run broken, which can be resumed.
      const text = describe(databaseProblem(error, project.databaseFile));
      this.context.tell('notice', { level: 'error', text: `The end of the run ${run} could not be noted. ${text}` });
    });
    this.active = null;
    if (message) job.fail(new Problem(message));
    else job.finish(status === 'finished' ? 'Done' : 'Stopped');
    this.context.tell('runs.changed', { run });
    this.context.tell('run.progress', getRun(project.database, run));
    this.next();
  }

  private async set(run: string, change: RunChange): Promise<void> {
    await this.context.project.write((database) => changeRun(database, run, change), PATIENCE_MS.job);
    this.context.tell('runs.changed', { run });
  }

  private settle(): void {
    if (this.active || this.queue.length > 0) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}

/** The weights in a run's folder that its student starts from; null where these are random. */
function startFile(folder: string): string | null {
  const name = readdirSync(folder).find((one) => path.parse(one).name === START);
  return name === undefined ? null : path.join(folder, name);
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(error instanceof Error ? error.message : String(error));
}

export function runHandlers(
  context: Context,
  runs: Runs,
  reader: Reader,
  corrections: Corrections,
): HandlersOf<'runs'> {
  return {
    'runs.start': async (asked) => ({ run: await runs.start(asked) }),
    'runs.list': () => listRuns(context.project.database),
    'runs.get': ({ run }) => {
      const { project } = context;
      return { ...getRunDetail(project.database, run), folder: project.path('runs', run) };
    },
    'runs.gain': ({ run }) => runGain(context.project.database, run),
    'runs.labels': ({ run }) => corrections.madeForRun(run),
    'runs.pause': ({ run }) => {
      runs.pause(run);
      return null;
    },
    'runs.resume': async ({ run }) => {
      await runs.resume(run);
      return null;
    },
    'runs.stop': async ({ run }) => {
      await runs.stop(run);
      return null;
    },
    'runs.curves': ({ run, names, points }) => reader.curves(context.project.databaseFile, run, names, points),
  };
}
