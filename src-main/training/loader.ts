/**
 * Batches of training crops, decoded and cut ahead of time in worker threads, which write them into memory that they
 * share with the trainer: nothing is copied between threads, and the memory of a batch is used again for a later one.
 */
import os from 'node:os';
import { ThreadPool } from '../base/thread-pool.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { Domain } from '../distillation/domains.ts';
import { BatchPlanner, itemsOn, type SamplePlan } from './batch-plan.ts';
import type { BatchMemory, CropRequest } from './loader.thread.ts';
import type { CachedTeacher } from './teacher-cache.ts';
import { croppedSize } from './teacher-maps.ts';

/** How many batches are under way besides the one that is asked for. */
const AHEAD = 3;
/** Batches that are in memory at once: those, the one that is asked for, and the one that is worked on. */
export const BATCHES_HELD = AHEAD + 2;
const MAX_THREADS = 8;
/** Decoded items are kept in at most this much memory, and a quarter of what is free when the run begins. */
const MAX_CACHE = 2 ** 31;

export interface Batch {
  /** RGB bytes, [batch, height, width, 3]. */
  readonly image: Uint8Array;
  /** Classes, 255 = ignore, [batch, height, width]. */
  readonly labels: Int32Array;
  /** Which of the split's images that are trained on these are, counted from 0: [batch]. */
  readonly items: Int32Array;
  /** What cached teachers said about the crops: their maps, one teacher after another (`Teachers.maps`). */
  readonly taught?: readonly Float32Array[];
}

export type LoaderSettings = Pick<Recipe, 'seed' | 'batch' | 'augmentation' | 'crop'> & { schedule: { steps: number } };

/** How many threads a loader has for so many items, and how many bytes of decoded ones they keep at most, as of now. */
export function loaderLimits(items: number): { threads: number; cacheBytes: number } {
  return {
    threads: Math.max(1, Math.min(MAX_THREADS, os.availableParallelism() - 1, items)),
    cacheBytes: Math.min(MAX_CACHE, os.freemem() / 4),
  };
}

export class Loader {
  private readonly data: JobData;
  private readonly settings: LoaderSettings;
  private readonly taught: CachedTeacher | null;
  private readonly planner: BatchPlanner;
  /** Pools of one thread: an item always falls to the same one, so that its decoded form is kept once. */
  private readonly threads: ThreadPool<CropRequest, null>[];
  private readonly table: Uint16Array;
  private readonly cacheBytes: number;
  private readonly underway = new Map<number, { made: Promise<void>; memory: BatchMemory; items: Int32Array }>();
  /** Memory that no batch is in. */
  private readonly free: BatchMemory[] = [];
  /** The memory of the batch that was given out last. */
  private given: BatchMemory | null = null;

  /**
   * @param taught the teachers' outputs, where the batches are to bring them along
   * @param domain of the target all images are taken, and all their pixels are ignored
   * @throws Problem where the split has no item to train on
   */
  constructor(data: JobData, settings: LoaderSettings, taught: CachedTeacher | null = null, domain: Domain = 'source') {
    const items = itemsOn(domain, data.items);
    if (items.length === 0) {
      throw new Problem(`There is no ${domain === 'source' ? 'labelled ' : ''}image to train on.`, {
        where: data.root,
        next: 'Choose another split or data set, or label some images.',
      });
    }
    this.data = { ...data, items };
    this.settings = settings;
    this.taught = taught;
    this.planner = new BatchPlanner(settings, items.length, domain);
    this.table = Uint16Array.from(data.values);
    const { threads, cacheBytes } = loaderLimits(items.length);
    this.cacheBytes = cacheBytes / threads;
    const script = new URL('./loader.thread.ts', import.meta.url);
    this.threads = Array.from({ length: threads }, () => new ThreadPool(script, 1));
  }

  /**
   * The batch of a step (counted from 0), and sees to it that the next ones are being made. It is good until the next
   * call, which gives its memory to another batch.
   * @throws Problem where a file cannot be read
   */
  async batch(step: number): Promise<Batch> {
    if (this.given) this.free.push(this.given);
    this.given = null;
    const last = Math.max(step, Math.min(step + AHEAD, this.settings.schedule.steps - 1));
    for (let ahead = step; ahead <= last; ahead++) {
      if (this.underway.has(ahead)) continue;
      const memory = this.free.pop() ?? this.memory();
      const plan = this.planner.plan(ahead);
      const made = this.make(plan, memory);
      // A failure is thrown where its turn comes.
      made.catch(() => {});
      this.underway.set(ahead, { made, memory, items: Int32Array.from(plan, ({ item }) => item) });
    }
    const { made, memory, items } = this.underway.get(step)!;
    this.underway.delete(step);
    await made;
    this.given = memory;
    return { ...memory, items };
  }

  private memory(): BatchMemory {
    const { crop, batch } = this.settings;
    const pixels = batch * crop[0] * crop[1];
    const taught = (this.taught?.specs ?? []).map((spec) => {
      const [height, width] = croppedSize(spec, crop);
      return new Float32Array(new SharedArrayBuffer(4 * batch * height * width * spec.channels));
    });
    return {
      image: new Uint8Array(new SharedArrayBuffer(pixels * 3)),
      labels: new Int32Array(new SharedArrayBuffer(pixels * 4)),
      taught,
    };
  }

  private async make(plan: readonly SamplePlan[], into: BatchMemory): Promise<void> {
    const { root, items } = this.data;
    const { crop } = this.settings;
    const samples = plan.map((sample, place) => {
      const { image, labels, corrected } = items[sample.item];
      return { ...sample, place, files: { image, labels, corrected }, taught: this.taught?.files[sample.item] ?? [] };
    });
    const { table, cacheBytes } = this;
    await Promise.all(
      this.threads.map(async (thread, t) => {
        const own = samples.filter(({ item }) => item % this.threads.length === t);
        if (own.length > 0) await thread.run({ root, table, samples: own, crop, into, cacheBytes });
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}
