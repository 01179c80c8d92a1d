/** Help at choosing pixels of an item's image; what it finds is fetched by a key. */
import type { Mark } from '../assist/grabcut.ts';
import { fetchSam, SAM, samFiles } from '../assist/sam-weights.ts';
import { ThreadPool } from '../base/thread-pool.ts';
import type { AssistAnswers, AssistArea, AssistPoint, PixelBox } from '../contract/assist.ts';
import { Problem } from '../contract/problem.ts';
import type { Superpixels } from '../labels/slic.ts';
import type { BoxMask } from '../labels/spans.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Datasets } from './datasets.ts';
import { InspectWorker } from './inspect-worker.ts';
import type { Job } from './jobs.ts';
import { Kept } from './kept.ts';
import type { Keeper } from './projects.ts';
import type { Planes } from './resources.ts';
import { RestingWorker } from './resting-worker.ts';

export type AssistRequest = { file: string /** Tells the image's content. */; hash: string } & (
  | { kind: 'superpixels'; size: number; compactness: number }
  | { kind: 'grabcut'; box: PixelBox; marks: Mark[] }
);
export type AssistAnswer = (Superpixels & { width: number; height: number }) | BoxMask | null;

const KEPT_BYTES = 128 * 1024 * 1024;
/** Click to segment holds a gigabyte, and what it saw of images; it is closed when nobody asked it for so long. */
const REST_MS = 10 * 60_000;

export class Assist implements Keeper {
  private readonly context: Context;
  private readonly datasets: Datasets;
  private readonly segmenter: RestingWorker;
  private fetching: Job | null = null;
  private readonly kept = new Kept(KEPT_BYTES);
  /** By image and options, while their labels are kept. */
  private readonly superpixelsOf = new Map<string, AssistAnswers['assist.superpixels']>();
  private started: ThreadPool<AssistRequest, AssistAnswer> | null = null;

  constructor(context: Context, datasets: Datasets) {
    this.context = context;
    this.datasets = datasets;
    const start = () => new InspectWorker(context.options.root, { kind: 'segment', ...neededFiles() });
    this.segmenter = new RestingWorker(start, REST_MS);
  }

  private get pool(): ThreadPool<AssistRequest, AssistAnswer> {
    this.started ??= new ThreadPool(new URL('./assist.thread.ts', import.meta.url), 1);
    return this.started;
  }

  /** The bytes behind a key; null where they are gone. */
  found(key: string): Planes | null {
    return this.kept.find(key);
  }

  async superpixels(item: number, size: number, compactness: number): Promise<AssistAnswers['assist.superpixels']> {
    const image = await this.image(item);
    const name = [image.hash, size, compactness].join();
    const known = this.superpixelsOf.get(name);
    if (known && this.kept.find(known.key)) return known;
    const answer = (await this.pool.run({ kind: 'superpixels', ...image, size, compactness })) as Superpixels & Planes;
    const { width, height, count, labels } = answer;
    const key = this.kept.keep({ width, height, bytes: new Uint8Array(labels.buffer) });
    const found = { key, width, height, count };
    this.superpixelsOf.set(name, found);
    return found;
  }

  async grabcut(item: number, box: PixelBox, marks: Mark[]): Promise<AssistArea | null> {
    const image = await this.image(item);
    return this.keepArea((await this.pool.run({ kind: 'grabcut', ...image, box, marks })) as BoxMask | null);
  }

  status(): AssistAnswers['assist.status'] {
    const { name, package: from, version, licence, megabytes, unpackedMegabytes } = SAM;
    return { ready: samFiles() !== null, name, package: `${from}@${version}`, licence, megabytes, unpackedMegabytes };
  }

  /** Fetches what click to segment needs; while that is going on, its job. */
  fetch(): Job {
    if (this.fetching) return this.fetching;
    const job = this.context.jobs.start({ kind: 'fetch', title: `Getting ${SAM.name}` });
    this.fetching = job;
    void fetchSam((phase) => job.update({ phase }))
      .then(
        () => job.finish(),
        (error: unknown) => job.fail(error),
      )
      .finally(() => {
        this.fetching = null;
      });
    return job;
  }

  async prepare(item: number): Promise<void> {
    const { file } = await this.image(item);
    neededFiles();
    await this.segmenter.use((worker) => worker.ask({ kind: 'prepare', image: file }));
  }

  async segment(item: number, points: AssistPoint[], box: PixelBox | null) {
    const { file } = await this.image(item);
    neededFiles();
    const found = await this.segmenter.use((worker) => worker.ask({ kind: 'segment', image: file, points, box }));
    const area = this.keepArea(found);
    return area && { ...area, score: found!.score };
  }

  private keepArea(area: BoxMask | null): AssistArea | null {
    if (!area) return null;
    const { x, y, width, height, mask } = area;
    return { key: this.kept.keep({ width, height, bytes: mask as Uint8Array<ArrayBuffer> }), x, y, width, height };
  }

  private async image(item: number): Promise<{ file: string; hash: string }> {
    const image = await this.datasets.image(item);
    if (!image) throw new Problem(`There is no image ${item} in this project.`);
    return image;
  }

  async closing(): Promise<void> {
    this.kept.clear();
    this.superpixelsOf.clear();
    await this.segmenter.close();
    await this.started?.close();
    this.started = null;
  }
}

/** @throws Problem where they are not in the cache */
function neededFiles(): { encoder: string; decoder: string } {
  const files = samFiles();
  if (files) return files;
  throw new Problem(`${SAM.name} is not there yet.`, { next: 'Fetch it first: the tool asks for it.' });
}

export function assistHandlers(assist: Assist): HandlersOf<'assist'> {
  return {
    'assist.status': () => assist.status(),
    'assist.fetch': () => ({ job: assist.fetch().summary.id }),
    'assist.prepare': async ({ item }) => {
      await assist.prepare(item);
      return null;
    },
    'assist.segment': ({ item, points, box }) => assist.segment(item, points, box),
    'assist.superpixels': ({ item, size, compactness }) => assist.superpixels(item, size, compactness),
    'assist.grabcut': ({ item, box, marks }) => assist.grabcut(item, box, marks),
  };
}
