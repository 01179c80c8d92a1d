/** Rows of whole runs in the job's own process: the share of time that they wait for data, and how they start. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { appFolder } from '../../../src-main/base/folders.ts';
import type { FromWorker, StepMetrics } from '../../../src-main/contract/job.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { WorkerProcess } from '../../../src-main/workbench/worker-process.ts';
import type { Bench } from '../bench.ts';
import { amount, type Measured, type RowSpec } from '../row.ts';
import { median, quantile } from '../statistics.ts';
import { trainData } from './data.ts';
import { randomTeacher } from './distil.ts';
import { camvidRecipe, ENDLESS, withCache, withoutTeacher } from './jobs.ts';

const MOST_RUNS = 3;
/** For how long a run is watched, in turns of the bench. */
const WATCHED_TURNS = 7;

export const runRows: RowSpec[] = [
  { name: 'wait', goal: 0.03, measure: measureWait },
  { name: 'start', goal: null, measure: measureStart },
];

/**
 * Two recipes that leave the loader the least time: the student alone, and DSD with the teacher cache, for which it
 * also cuts the teacher's maps. The one that waits more counts. Decoded images are not there yet: a first epoch.
 */
async function measureWait(bench: Bench): Promise<Measured> {
  const { name, data } = await trainData(bench);
  const job = distilJob(bench, data, ENDLESS);
  const jobs = { 'student alone': withoutTeacher(job), 'DSD with the teacher cache': withCache(job) };
  const shares = new Map<string, number[]>(Object.keys(jobs).map((kind) => [kind, []]));
  for (let i = 0; i < Math.min(MOST_RUNS, bench.settings.pairs); i++) {
    for (const [kind, job] of Object.entries(jobs)) {
      shares.get(kind)!.push(waitingShare(await watched(job, WATCHED_TURNS * bench.settings.turn)));
    }
  }
  const [[worst, values]] = [...shares].sort(([, a], [, b]) => median(b) - median(a));
  const notes = [...shares].map(
    ([kind, own]) => `${kind} waits for ${amount(median(own), 'share')} of its steps’ time.`,
  );
  const share = median(values);
  return {
    unit: 'share',
    ours: share,
    peer: null,
    peerName: `the steps’ whole time (${name}, ${worst})`,
    ratio: share,
    spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2,
    notes,
  };
}

/** What part of the steps after the first, which `start` is about, went by waiting. */
function waitingShare(metrics: readonly StepMetrics[]): number {
  const later = metrics.slice(1).map(({ wait, imagesPerSecond }) => ({ wait, took: 1 / imagesPerSecond }));
  return later.reduce((sum, { wait, took }) => sum + wait * took, 0) / later.reduce((sum, { took }) => sum + took, 0);
}

/** Lets a run go on for some seconds from its first step on. @returns its steps */
async function watched(job: TrainJob, seconds: number): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  let timer: NodeJS.Timeout | undefined;
  await run(job, (message, worker) => {
    if (message.type !== 'steps') return;
    metrics.push(...message.metrics);
    timer ??= setTimeout(() => worker.tell({ type: 'stop' }), seconds * 1000);
  });
  clearTimeout(timer);
  return metrics;
}

/** From the start of a job's process, with DSD and a live teacher, to the end of its first step. */
async function measureStart(bench: Bench): Promise<Measured> {
  const { name, data } = await trainData(bench);
  const job = distilJob(bench, data, 1);
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < Math.min(MOST_RUNS, bench.settings.pairs); i++) runs.push(await startOf(job));
  const totals = runs.map((parts) => Object.values(parts).reduce((sum, seconds) => sum + seconds, 0));
  const parts = Object.keys(runs[0]).map(
    (part) => `${part} ${amount(median(runs.map((one) => one[part])), 'seconds')}`,
  );
  return {
    unit: 'seconds',
    ours: median(totals),
    peer: null,
    peerName: `nobody (${name}, DSD with a live teacher)`,
    ratio: null,
    spread: null,
    notes: [`${parts.join(', ')}.`],
  };
}

/** Seconds that each part took, in the order in which they come. */
async function startOf(job: TrainJob): Promise<Record<string, number>> {
  const began = performance.now();
  const at: Record<string, number> = {};
  let first: StepMetrics | undefined;
  const mark = (name: string) => {
    at[name] ??= (performance.now() - began) / 1000;
  };
  await run(job, (message) => {
    if (message.type === 'phase' && message.text === 'Starting the engine') mark('process');
    if (message.type === 'phase' && message.text === 'Loading the networks') mark('engine');
    if (message.type === 'started') mark('networks');
    if (message.type === 'steps') {
      mark('step');
      first ??= message.metrics[0];
    }
  });
  if (!first) throw new Error('The run ended before its first step.');
  const took = job.recipe.batch / first.imagesPerSecond;
  const waited = first.wait * took;
  return {
    process: at.process,
    engine: at.engine - at.process,
    networks: at.networks - at.engine,
    'first batch': at.step - at.networks - (took - waited),
    'first step': took - waited,
  };
}

/** @throws Error where the run does not come to its end */
async function run(job: TrainJob, listen: (message: FromWorker, worker: WorkerProcess) => void): Promise<void> {
  rmSync(path.join(job.folder, 'checkpoints'), { recursive: true, force: true });
  const worker: WorkerProcess = new WorkerProcess(appFolder(), job, (message) => listen(message, worker));
  const end = await worker.ended;
  if (end.kind === 'failed') throw end.problem;
  if (end.kind === 'died') throw new Error(`The job’s process died: ${end.words}`);
}

function distilJob(bench: Bench, data: TrainJob['data'], steps: number): TrainJob {
  const recipe = camvidRecipe();
  return {
    kind: 'train',
    folder: bench.folder('run'),
    recipe: { ...recipe, schedule: { ...recipe.schedule, steps }, checkpoint: { every: ENDLESS } },
    data,
    evaluation: null,
    teacher: randomTeacher(bench, data.classes),
    teacherCache: bench.folder('teacher-cache'),
    engine: 'auto',
  };
}
