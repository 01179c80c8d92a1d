/** How fast models are on this machine. */
import type { FromWorker } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { MeasuredSpeed } from '../contract/speed.ts';
import { getModel, saveSpeed } from '../store/models.ts';
import type { Context } from './context.ts';
import type { Job } from './jobs.ts';
import { machine } from './machine.ts';
import type { Keeper } from './projects.ts';
import { wantedEngine } from './settings.ts';
import { StoppableJobs } from './stoppable-jobs.ts';
import { runJob } from './worker-process.ts';

export class Speeds implements Keeper {
  private readonly context: Context;
  private readonly jobs: StoppableJobs;

  constructor(context: Context) {
    this.context = context;
    this.jobs = new StoppableJobs(context);
  }

  /**
   * Begins to measure a model.
   * @param size height and width of the picture
   * @throws Problem where there is no such model, or a run would slow it
   */
  start(id: number, size: [number, number]): Job {
    const { context } = this;
    const { project } = context;
    const model = getModel(project.database, id);
    if (context.jobs.activeRuns().some(({ kind, status }) => kind === 'train' && status === 'running')) {
      throw new Problem('A run is going on, which would slow down what is measured.', {
        next: 'Measure when it has ended, or pause it.',
      });
    }
    const title = `Measuring the speed of ${model.card.name}`;
    return this.jobs.start({ kind: 'speed', title, news: 'models.changed' }, (job, signal) =>
      this.measure(id, size, signal, (phase, passes) => job.update({ phase, ...passes })),
    );
  }

  /**
   * Measures a model in a worker of its own, whose memory is this model's alone, and keeps what it found.
   * @param size height and width of the picture
   * @param told what it is at, in words, and how far the passes are
   * @throws Problem where there is no such model, the worker fails, or the signal stops it
   */
  async measure(
    id: number,
    size: [number, number],
    signal: AbortSignal,
    told: (phase: string, passes?: { done: number; total: number }) => void,
  ): Promise<void> {
    const { project, options } = this.context;
    const { file } = getModel(project.database, id);
    let measured: MeasuredSpeed | null = null;
    let engine = '';
    const listen = (message: FromWorker) => {
      if (message.type === 'started') engine = message.engine;
      else if (message.type === 'phase') told(message.text);
      else if (message.type === 'progress') told('Timing passes', { done: message.done, total: message.total });
      else if (message.type === 'speed') measured = message.speed;
    };
    const work = { kind: 'speed' as const, model: project.path(file), size, engine: wantedEngine() };
    await runJob(options.root, work, listen, signal);
    if (!measured) throw new Problem('The worker ended without a result.', { next: 'Try again.' });
    const speed = { ...(measured as MeasuredSpeed), size, engine, machine: machine(), at: new Date().toISOString() };
    await project.write((database) => saveSpeed(database, id, speed));
  }

  closing(options: { stopRuns: boolean }): Promise<void> {
    return this.jobs.closing(options);
  }
}
