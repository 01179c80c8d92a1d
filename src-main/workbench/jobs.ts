/** The job tray: everything long that is going on or has just ended, in memory. */
import { describe, Problem } from '../contract/problem.ts';
import type { JobSummary } from '../contract/window.ts';

/** News of jobs go out at most this often. */
const NEWS_MS = 250;
const KEPT = 30;

export interface JobUpdate {
  phase?: string;
  done?: number;
  total?: number;
  /** Where the job knows it better than the clock. */
  rate?: number | null;
  status?: 'running' | 'paused';
}

/** Whether a job has not ended yet. */
function isGoing(job: JobSummary): boolean {
  return job.status === 'running' || job.status === 'paused';
}

/** What ends a job early; it must then end by `finish` or `fail` like any other. */
type Stop = () => void | Promise<void>;

/** One job, for whoever does it. */
export class Job {
  readonly summary: JobSummary;
  /** Ends with the job; rejects with why it failed. */
  readonly ended: Promise<void>;
  private readonly changed: () => void;
  private readonly stop: Stop | null;
  private settle!: { resolve: () => void; reject: (error: unknown) => void };
  private began: { at: number; done: number } | null = null;

  constructor(summary: JobSummary, changed: () => void, stop: Stop | null) {
    this.summary = summary;
    this.changed = changed;
    this.stop = stop;
    this.ended = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Who wants to know waits for it; nobody has to.
    this.ended.catch(() => {});
  }

  update(update: JobUpdate): void {
    const { summary } = this;
    if (summary.status === 'done' || summary.status === 'failed') return;
    const { phase = summary.phase, done = summary.done, total = summary.total, status = summary.status } = update;
    const now = performance.now();
    if (total !== summary.total || done < summary.done || status !== summary.status) this.began = null;
    // The first that is done also pays for the start, so the clock runs from there.
    else if (done > summary.done) this.began ??= { at: now, done };
    const seconds = this.began ? (now - this.began.at) / 1000 : 0;
    const measured = this.began && seconds > 0.5 ? (done - this.began.done) / seconds : null;
    const rate = update.rate === undefined ? measured : update.rate;
    const secondsLeft = rate && total > done ? (total - done) / rate : null;
    Object.assign(summary, { phase, done, total, status, rate, secondsLeft });
    this.changed();
  }

  finish(phase = 'Done'): void {
    Object.assign(this.summary, { status: 'done', phase, secondsLeft: null });
    this.settle.resolve();
    this.changed();
  }

  fail(error: unknown): void {
    Object.assign(this.summary, { status: 'failed', phase: 'Failed', secondsLeft: null, message: describe(error) });
    this.settle.reject(error);
    this.changed();
  }

  get going(): boolean {
    return isGoing(this.summary);
  }

  async cancel(): Promise<void> {
    if (!this.going) return;
    if (!this.stop)
      throw new Problem(`“${this.summary.title}” cannot be stopped.`, { next: 'It ends by itself soon.' });
    await this.stop();
  }
}

export class Jobs {
  private readonly jobs: Job[] = [];
  private readonly tell: (jobs: JobSummary[]) => void;
  private nextId = 1;
  private timer: NodeJS.Timeout | null = null;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(tell: (jobs: JobSummary[]) => void) {
    this.tell = tell;
  }

  start(what: Pick<JobSummary, 'kind' | 'title'> & { run?: string; sweep?: number; total?: number }, stop?: Stop): Job {
    const summary: JobSummary = {
      id: this.nextId++,
      kind: what.kind,
      title: what.title,
      phase: 'Starting',
      done: 0,
      total: what.total ?? 0,
      rate: null,
      secondsLeft: null,
      run: what.run ?? null,
      sweep: what.sweep ?? null,
      status: 'running',
      message: null,
    };
    const job = new Job(summary, () => this.changed(), stop ?? null);
    this.jobs.push(job);
    const old = this.jobs.filter((one) => !one.going);
    for (const gone of old.slice(0, Math.max(0, this.jobs.length - KEPT))) this.jobs.splice(this.jobs.indexOf(gone), 1);
    this.changed();
    return job;
  }

  list(): JobSummary[] {
    return this.jobs.map((job) => ({ ...job.summary }));
  }

  /** The jobs of runs that have a worker or wait for one, and of sweeps, which may be between two of them. */
  activeRuns(): JobSummary[] {
    return this.list().filter((job) => (job.kind === 'train' || job.kind === 'sweep') && isGoing(job));
  }

  /** @throws Problem where there is no such job */
  get(id: number): Job {
    const job = this.jobs.find((one) => one.summary.id === id);
    if (!job) throw new Problem(`There is no job ${id}.`, { next: 'It may have ended; look at the list again.' });
    return job;
  }

  get going(): Job[] {
    return this.jobs.filter((job) => job.going);
  }

  private changed(): void {
    if (this.timer) return;
    const wait = Math.max(0, this.toldAt + NEWS_MS - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.toldAt = performance.now();
      this.tell(this.list());
    }, wait);
  }
}
