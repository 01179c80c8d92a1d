/** Writing annotations in other programs' formats, in a thread of its own. */
import path from 'node:path';
import { FORMATS, formatOf } from '../annotation/registry.ts';
import { ThreadPool } from '../base/thread-pool.ts';
import { Problem } from '../contract/problem.ts';
import { getDataset } from '../store/datasets.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Files } from './files.ts';
import type { Job } from './jobs.ts';
import type { Keeper } from './projects.ts';
import { StoppableJobs } from './stoppable-jobs.ts';

/** What the thread is asked: `check` alone, or `open` once and `next` until it says `end`, or `abandon`. */
export type ExportRequest =
  | { kind: 'check'; database: string; dataset: number; format: string }
  | { kind: 'open'; database: string; dataset: number; format: string; folder: string; images: boolean }
  | { kind: 'next' }
  | { kind: 'abandon' };

export type ExportAnswer =
  | { kind: 'checked'; notes: string[]; images: number }
  | { kind: 'opened'; items: number }
  | { kind: 'written'; done: number }
  | { kind: 'end' };

type Thread = ThreadPool<ExportRequest, ExportAnswer>;

const newThread = (): Thread => new ThreadPool(new URL('./export.thread.ts', import.meta.url), 1);

export class Exports implements Keeper {
  private readonly context: Context;
  private readonly corrections: Corrections;
  private readonly jobs: StoppableJobs;

  constructor(context: Context, corrections: Corrections) {
    this.context = context;
    this.corrections = corrections;
    this.jobs = new StoppableJobs(context);
  }

  /** @throws Problem where the format cannot hold the data set */
  async check(dataset: number, format: string): Promise<{ notes: string[]; images: number }> {
    const thread = newThread();
    try {
      const { databaseFile: database } = this.context.project;
      const answer = await thread.run({ kind: 'check', database, dataset, format });
      if (answer.kind !== 'checked') throw new Error('The export answered out of turn.');
      return { notes: answer.notes, images: answer.images };
    } finally {
      await thread.close();
    }
  }

  /** Begins an export. @returns its job */
  start(dataset: number, format: string, folder: string, images: boolean): Job {
    const { project } = this.context;
    const { name } = getDataset(project.database, dataset);
    const title = `Exporting ${name} as ${formatOf(format).title}`;
    const request = { kind: 'open', database: project.databaseFile, dataset, format, folder, images } as const;
    const done = `Written to ${path.basename(folder)}`;
    return this.jobs.start({ kind: 'export', title, done }, (job, signal) => this.write(request, job, signal));
  }

  private async write(request: Extract<ExportRequest, { kind: 'open' }>, job: Job, signal: AbortSignal): Promise<void> {
    await this.corrections.prepare(request.dataset);
    const thread = newThread();
    try {
      const opened = await thread.run(request);
      if (opened.kind !== 'opened') throw new Error('The export answered out of turn.');
      job.update({ phase: 'Writing', total: opened.items });
      for (;;) {
        if (signal.aborted) {
          await thread.run({ kind: 'abandon' });
          throw new Problem('The export was stopped; nothing of it is left.', { next: 'Start it again to finish.' });
        }
        const answer = await thread.run({ kind: 'next' });
        if (answer.kind === 'end') return job.update({ done: opened.items });
        if (answer.kind === 'written') job.update({ done: answer.done });
      }
    } finally {
      await thread.close();
    }
  }

  closing(options: { stopRuns: boolean }): Promise<void> {
    return this.jobs.closing(options);
  }
}

export function exportHandlers(exports: Exports, files: Files): HandlersOf<'exports'> {
  return {
    'exports.formats': () => FORMATS.map(({ name, title }) => ({ name, title })),
    'exports.check': ({ dataset, format }) => exports.check(dataset, format),
    'exports.start': ({ dataset, format, file, images }) => ({
      job: exports.start(dataset, format, files.resolve(file), images).summary.id,
    }),
  };
}
