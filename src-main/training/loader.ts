/** Batches of training crops, decoded and cut ahead of time in worker threads. */
import os from 'node:os';
import { ThreadPool } from '../base/thread-pool.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Recipe } from '../contract/recipe.ts';
import { BatchPlanner } from './batch-plan.ts';
import type { CropAnswer, CropRequest } from './loader.thread.ts';

/** How many batches are under way besides the one that is asked for. */
const AHEAD = 3;
const MAX_THREADS = 8;
/** Decoded items are kept in at most this much memory, and a sixteenth of the machine's. */
const MAX_CACHE = 2 ** 30;

export interface Batch {
  /** RGB bytes, [batch, height, width, 3]. */
  image: Uint8Array;
  /** Classes, 255 = ignore, [batch, height, width]. */
  labels: Int32Array;
}

export type LoaderSettings = Pick<Recipe, 'seed' | 'batch' | 'augmentation' | 'crop'> & { schedule: { steps: number } };

export class Loader {
  private readonly data: JobData;
  private readonly settings: LoaderSettings;
  private readonly planner: BatchPlanner;
  /** Pools of one thread: an item always falls to the same one, so that its decoded form is kept once. */
  private readonly threads: ThreadPool<CropRequest, CropAnswer>[];
  private readonly table: Uint16Array;
  private readonly underway = new Map<number, Promise<Batch>>();

  /** @throws Problem where the split has no labelled item */
  constructor(data: JobData, settings: LoaderSettings) {
    const items = data.items.filter((item) => item.labels !== null);
    if (items.length === 0) {
      throw new Problem('There is no labelled image to train on.', {
        where: data.root,
        next: 'Choose another split or data set, or label some images.',
      });
    }
    this.data = { ...data, items };
    this.settings = settings;
    this.planner = new BatchPlanner(settings, items.length);
    this.table = Uint16Array.from(data.values);
    const threads = Math.max(1, Math.min(MAX_THREADS, os.availableParallelism() - 1, items.length));
    const script = new URL('./loader.thread.ts', import.meta.url);
    this.threads = Array.from({ length: threads }, () => new ThreadPool(script, 1));
  }

  /**
   * The batch of a step (counted from 0), and sees to it that the next ones are being made.
   * @throws Problem where a file cannot be read
   */
  batch(step: number): Promise<Batch> {
    const last = Math.min(step + AHEAD, this.settings.schedule.steps - 1);
    for (let ahead = step; ahead <= last; ahead++) {
      if (this.underway.has(ahead)) continue;
      const made = this.make(ahead);
      // A failure is thrown where its turn comes.
      made.catch(() => {});
      this.underway.set(ahead, made);
    }
    const batch = this.underway.get(step) ?? this.make(step);
    this.underway.delete(step);
    return batch;
  }

  private async make(step: number): Promise<Batch> {
    const { crop, batch } = this.settings;
    const pixels = crop[0] * crop[1];
    const image = new Uint8Array(batch * pixels * 3);
    const labels = new Int32Array(batch * pixels);
    const plans = this.planner.plan(step).map((sample, place) => ({ sample, place }));
    await Promise.all(
      this.threads.map(async (thread, t) => {
        const own = plans.filter(({ sample }) => sample.item % this.threads.length === t);
        if (own.length === 0) return;
        const made = await thread.run(this.request(own.map(({ sample }) => sample)));
        own.forEach(({ place }, i) => {
          image.set(made.image.subarray(i * pixels * 3, (i + 1) * pixels * 3), place * pixels * 3);
          labels.set(made.labels.subarray(i * pixels, (i + 1) * pixels), place * pixels);
        });
      }),
    );
    return { image, labels };
  }

  private request(samples: ReturnType<BatchPlanner['plan']>): CropRequest {
    const { root, items } = this.data;
    const files = (item: number) => ({ image: items[item].image, labels: items[item].labels });
    return {
      root,
      table: this.table,
      samples: samples.map((sample) => ({ ...sample, files: files(sample.item) })),
      crop: this.settings.crop,
      cacheBytes: Math.min(MAX_CACHE, os.totalmem() / 16) / this.threads.length,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}
