/** The training loop: from a recipe to weights, with checkpoints on the way. It reads from top to bottom. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as after, setImmediate as turn } from 'node:timers/promises';
import { appFolder } from '../base/folders.ts';
import type { EvaluationResult, FromWorker, JobData } from '../contract/job.ts';
import { describe, Problem } from '../contract/problem.ts';
import type { Domain } from '../distillation/domains.ts';
import { type EngineWish, startEngine } from '../engine/choose.ts';
import { writeModel } from '../weights/model-file.ts';
import { requireFinite } from '../weights/tensor-file.ts';
import { type CheckpointState, newestCheckpoint, sweepCheckpoints, writeCheckpoint } from './checkpoint.ts';
import { Loader } from './loader.ts';
import type { OpenModel } from './model.ts';
import { dataHash, recipeHash } from './recipe-hash.ts';
import { Reporter } from './reporter.ts';
import { Session, type TrainJob } from './session.ts';
import { type CachedTeacher, type DomainData, fillTeacherCaches } from './teacher-cache.ts';

/** Whoever a run works for. */
export interface TrainHost {
  send(message: FromWorker): void;
  /** Set from outside while the run goes on; looked at between steps. */
  control: { paused: boolean; stopped: boolean };
  evaluate(
    model: OpenModel,
    data: JobData,
    onProgress: (done: number, total: number) => void,
  ): Promise<EvaluationResult>;
}

/** How often a paused run looks whether it is to go on. */
const PAUSE_MS = 100;

/**
 * Does a run, or goes on with it from its newest whole checkpoint. Interrupted and resumed gives the same weights as
 * uninterrupted, bit for bit on the CPU with the same number of threads.
 * Writes into the run's folder: checkpoints/, best.safetensors where it evaluates, and model.safetensors at the end.
 * @throws Problem where it cannot start or go on; the last good checkpoint is then kept
 */
export async function train(job: TrainJob, host: TrainHost): Promise<void> {
  const { recipe, folder } = job;
  const report = new Reporter(host.send);

  report.say({ type: 'phase', text: 'Starting the engine' });
  const engine = await startEngine(job.engine as EngineWish, (text) => report.say({ type: 'phase', text }));
  sweepCheckpoints(folder);
  const resumed = await newestCheckpoint(folder, (text) => report.warn(text));
  const state: CheckpointState = {
    step: resumed?.state.step ?? 0,
    best: resumed?.state.best ?? null,
    recipeHash: recipeHash(recipe),
    dataHash: dataHash(job.data, job.target ?? null),
    codeVersion: codeVersion(),
    engine: `${engine.name}, ${engine.threads} threads`,
  };
  if (resumed) compare(resumed.state, state, report);

  report.say({ type: 'phase', text: 'Loading the networks' });
  const session = await Session.open(job, resumed);
  const { id, name, threads, notes } = engine;
  const said = [...notes, ...session.notes];
  report.say({ type: 'started', engine: id, engineName: name, threads, notes: said, resumedFrom: state.step });
  const loaders = await openLoaders(job, session, host, report);

  let savedAt = resumed ? state.step : -1;
  let evaluatedAt = -1;

  /**
   * Writes a checkpoint of where we are, once per step. One in between that cannot be written costs nothing yet: it is
   * said, and the run goes on; one that is needed ends the run.
   */
  const save = (needed: boolean) => {
    if (savedAt === state.step) return;
    const weights = session.weights();
    requireGood(weights, state.step, savedAt);
    const values = { ...state, lossScale: session.lossScale ?? undefined };
    try {
      const student = { card: session.card(weights), graph: session.graph, weights };
      const others = { trained: session.trained(), slots: session.slots(), own: session.ownValues() };
      writeCheckpoint(folder, values, student, others);
    } catch (error) {
      if (needed) throw error;
      report.warn(`The checkpoint of step ${state.step} was not saved; the one before it is kept. ${describe(error)}`);
      return;
    }
    savedAt = state.step;
    report.say({ type: 'checkpoint', step: state.step });
  };

  /** Evaluates the student as it is, on a frozen copy that leaves it untouched. */
  const evaluate = async () => {
    if (!job.evaluation || evaluatedAt === state.step) return;
    report.say({ type: 'phase', text: 'Evaluating' });
    const weights = session.weights();
    const model = session.frozen(weights);
    const result = await host.evaluate(model, job.evaluation, (done, total) => report.progress(done, total));
    model.executable.dispose();
    evaluatedAt = state.step;
    const best = result.mIoU !== null && result.mIoU > (state.best?.mIoU ?? -1);
    if (best) {
      state.best = { step: state.step, mIoU: result.mIoU! };
      writeModel(path.join(folder, 'best.safetensors'), model.card, weights);
    }
    report.say({ type: 'evaluated', step: state.step, result, best });
  };

  try {
    while (state.step < recipe.schedule.steps) {
      if (host.control.paused) {
        save(false);
        report.say({ type: 'paused' });
        await whilePaused(host.control);
      }
      if (host.control.stopped) break;

      const began = performance.now();
      const batch = (await loaders.source?.batch(state.step)) ?? null;
      const target = (await loaders.target?.batch(state.step)) ?? null;
      const waited = performance.now() - began;
      const { loss, terms, learningRate, skipped } = session.step(batch, state.step, target);
      const took = performance.now() - began;
      if (!Number.isFinite(loss)) throw diverged(`The loss is ${loss}`, state.step + 1, savedAt);
      const { lossScale } = session;
      if (lossScale && lossScale.scale < 1) throw diverged('The gradients are no numbers', state.step + 1, savedAt);
      state.step++;
      report.step({
        step: state.step,
        loss,
        learningRate,
        imagesPerSecond: (recipe.batch * 1000) / took,
        wait: waited / took,
        terms,
      });

      if (skipped) {
        const how = `its gradients, times ${2 * lossScale!.scale}, were too large for float16`;
        report.tell(`Step ${state.step} made no update, as ${how}; they are scaled half as much from now on.`);
      }

      const last = state.step === recipe.schedule.steps;
      const { every } = recipe.evaluation;
      if (every > 0 && state.step % every === 0 && !last) await evaluate();
      if (state.step % recipe.checkpoint.every === 0 || last) save(last);
      // Computing blocks this thread: let in what the host and the loader's threads have sent meanwhile.
      await turn();
    }

    const finished = state.step === recipe.schedule.steps;
    const weights = session.weights();
    const card = session.card(weights);
    if (finished) {
      await evaluate();
      writeModel(path.join(folder, 'model.safetensors'), card, weights);
    } else save(true);
    report.say({ type: 'trained', finished, step: state.step, weightsSha256: card.sha256, card });
  } finally {
    await Promise.all([loaders.source?.close(), loaders.target?.close()]);
    session.dispose();
  }
}

/** A loader of each data set on which a term counts. @throws Problem where there is none where one is needed */
async function openLoaders(
  job: TrainJob,
  session: Session,
  host: TrainHost,
  report: Reporter,
): Promise<Partial<Record<Domain, Loader>>> {
  const datasets = session.domains.map((domain) => ({ domain, data: dataOn(domain, job) }));
  const taught = await cachedTeachers(job, datasets, session, host, report);
  return Object.fromEntries(
    datasets.map(({ domain, data }) => [domain, new Loader(data, job.recipe, taught.get(domain), domain)]),
  );
}

function dataOn(domain: Domain, { data, target }: TrainJob): JobData {
  if (domain === 'source') return data;
  if (target) return target;
  throw new Problem('A term counts on the target data set, but there is none.', {
    where: 'target.dataset',
    next: 'Name one with --target.',
  });
}

/**
 * The teachers' outputs of all images that they are asked about, where the recipe wants them kept; none also where the run
 * was stopped meanwhile.
 */
async function cachedTeachers(
  { recipe, folder, teacherCache }: TrainJob,
  datasets: readonly DomainData[],
  { teachers, taughtDomains }: Session,
  { control }: TrainHost,
  report: Reporter,
): Promise<Map<Domain, CachedTeacher>> {
  const { cache } = recipe.teacher;
  if (teachers.models.length === 0 || cache.mode === 'off') return new Map();
  const place = teacherCache ?? path.join(folder, 'teacher-cache');
  const whom = teachers.models.length > 1 ? 'the teachers' : 'the teacher';
  const asked = datasets.filter(({ domain }) => taughtDomains.includes(domain));
  const filled = await fillTeacherCaches(teachers, asked, place, cache, async (done, total) => {
    report.phase(`Asking ${whom} about each image`, done, total);
    await turn();
    if (control.paused) report.say({ type: 'paused' });
    await whilePaused(control);
    return !control.stopped;
  });
  return new Map(filled?.map((cached, d) => [asked[d].domain, cached]));
}

/** Waits until the host lets the run go on or stops it. */
async function whilePaused(control: TrainHost['control']): Promise<void> {
  while (control.paused && !control.stopped) await after(PAUSE_MS);
}

/** A loss can still be a number when the update that it led to has none. */
function requireGood(weights: Map<string, Float32Array>, step: number, savedAt: number): void {
  try {
    requireFinite(weights, 'The student');
  } catch {
    throw diverged('The weights are no longer numbers', step, savedAt);
  }
}

function diverged(what: string, step: number, savedAt: number): Problem {
  const kept = savedAt >= 0 ? `the checkpoint of step ${savedAt} is kept` : 'there is no checkpoint before it';
  return new Problem(`${what} at step ${step}, so the run was stopped; ${kept}.`, {
    where: `step ${step}`,
    next: 'Lower the learning rate or the weights of the methods and start a new run.',
  });
}

/** @throws Problem where the checkpoint belongs to another recipe */
function compare(then: CheckpointState, now: CheckpointState, report: Reporter): void {
  if (then.recipeHash !== now.recipeHash) {
    throw new Problem(`The checkpoint of step ${then.step} was made with another recipe.`, {
      where: 'recipe',
      next: 'Restore the run’s recipe, or start a new run with the changed one.',
    });
  }
  const changed = (
    [
      ['dataHash', 'The data set has changed'],
      ['codeVersion', 'Stillroom has another version'],
      ['engine', 'The engine is another one'],
    ] as const
  ).filter(([key]) => then[key] !== now[key]);
  for (const [, what] of changed) {
    report.warn(`${what} since the checkpoint of step ${then.step}: the run goes on, but not to the same bits.`);
  }
}

function codeVersion(): string {
  return JSON.parse(readFileSync(path.join(appFolder(), 'package.json'), 'utf8')).version;
}
