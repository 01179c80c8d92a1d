/** Jobs of the open project that can be stopped, and that its closing waits for. */
import type { FromWorker, Job as WorkerJob } from '../contract/job.ts';
import type { Problem } from '../contract/problem.ts';
import type { JobSummary } from '../contract/window.ts';
import { databaseProblem } from '../store/database.ts';
import type { Context } from './context.ts';
import type { Job } from './jobs.ts';
import { runJob } from './worker-process.ts';

export interface Stoppable {
  kind: JobSummary['kind'];
  title: string;
  total?: number;
  /** What is said of it when it is done. */
  done?: string;
  /** What a stop ends it with; what `work` throws unless given. */
  stopped?: () => Problem;
  /** Told when it has ended, while the same project is open. */
  news?: 'datasets.changed' | 'evaluations.changed' | 'measures.changed' | 'embeddings.changed' | 'models.changed';
}

export class StoppableJobs {
  private readonly context: Context;
  private readonly going = new Map<Job, AbortController>();

  constructor(context: Context) {
    this.context = context;
  }

  start({ done, stopped, news, ...what }: Stoppable, work: (job: Job, signal: AbortSignal) => Promise<void>): Job {
    const { context } = this;
    const { project } = context;
    const abort = new AbortController();
    const job = context.jobs.start(what, () => abort.abort());
    this.going.set(job, abort);
    void work(job, abort.signal)
      .then(
        () => job.finish(done),
        (error: unknown) =>
          job.fail(stopped && abort.signal.aborted ? stopped() : databaseProblem(error, project.databaseFile)),
      )
      .finally(() => {
        this.going.delete(job);
        if (news && context.projectIfOpen === project) context.tell(news, {});
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

/**
 * Lets a worker go through images for a job, which shows how far it is.
 * @param hear takes what the worker found; what it answers is waited for, and its failure ends the job
 * @returns its engine
 */
export async function goThroughImages(
  context: Context,
  job: Job,
  work: WorkerJob,
  hear: (message: FromWorker, engine: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  let engine = '';
  let heard = Promise.resolve();
  const failed = new AbortController();
  const listen = (message: FromWorker) => {
    if (message.type === 'started') engine = message.engine;
    else if (message.type === 'phase') job.update({ phase: message.text });
    else if (message.type === 'progress') job.update({ phase: 'Looking at the images', ...message });
    else if (message.type === 'event') context.tell('notice', { level: message.level, text: message.text });
    else heard = heard.then(() => hear(message, engine)).catch((error: unknown) => failed.abort(error));
  };
  try {
    await runJob(context.options.root, work, listen, AbortSignal.any([signal, failed.signal]));
  } finally {
    await heard;
    failed.signal.throwIfAborted();
  }
  return engine;
}
