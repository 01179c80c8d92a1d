/** A loader's thread: decodes the items of a batch that fall to it and cuts their crops into the batch's own memory. */
import { readBytes } from '../base/files.ts';
import { serveThread } from '../base/thread-pool.ts';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { type ItemFiles, readItem } from '../datasets/read-item.ts';
import type { SamplePlan } from './batch-plan.ts';
import { cutCrop, type DecodedItem } from './crop.ts';
import { bytesOfMaps, cutMap, decodeMaps, type TeacherMap } from './teacher-maps.ts';

/** One sample of a batch; `item` is the place of its item in the data set, `place` that of the sample in the batch. */
export interface CropSample extends SamplePlan {
  place: number;
  files: ItemFiles;
  /** The file of what each teacher said about the image, where that is cached. */
  taught: string[];
}

export interface CropRequest {
  root: string;
  table: Uint16Array;
  samples: CropSample[];
  crop: [number, number];
  /** The batch: memory that all threads write into, each at the places of its samples. */
  into: BatchMemory;
  /** Most bytes of decoded items that this thread may keep. */
  cacheBytes: number;
}

export interface BatchMemory {
  /** RGB bytes, [batch, height, width, 3]. */
  image: Uint8Array<SharedArrayBuffer>;
  /** Classes or IGNORE, [batch, height, width]. */
  labels: Int32Array<SharedArrayBuffer>;
  /** Each map of the teachers as the crops see it, [batch, h, w, channels]; empty where it is not cached. */
  taught: Float32Array<SharedArrayBuffer>[];
}

interface Kept extends DecodedItem {
  taught: TeacherMap[];
}

/** Decoded items, the one used longest ago first. */
const cache = new Map<number, Kept>();
let cached = 0;

serveThread<CropRequest, null>(({ root, table, samples, crop, into, cacheBytes }) => {
  const pixels = crop[0] * crop[1];
  for (const sample of samples) {
    const { place } = sample;
    const item = take(sample.item) ?? decode(root, sample, table);
    const image = into.image.subarray(place * pixels * 3, (place + 1) * pixels * 3);
    cutCrop(item, sample, crop, image, into.labels.subarray(place * pixels, (place + 1) * pixels));
    for (const [i, map] of item.taught.entries()) {
      const size = Math.ceil(crop[0] / map.stride) * Math.ceil(crop[1] / map.stride) * map.channels;
      const out = into.taught[i].subarray(place * size, (place + 1) * size);
      cutMap(map, [item.height, item.width], sample, crop, out);
    }
    keep(sample.item, item, cacheBytes);
  }
  return null;
});

function decode(root: string, { files, taught }: CropSample, table: Uint16Array): Kept {
  const { image, labels: read } = readItem(root, files, table);
  const labels = read ?? new Uint8Array(image.width * image.height).fill(IGNORE);
  const maps = taught.flatMap((file) => {
    const found = decodeMaps(readBytes(file));
    if (found) return found;
    throw new Problem('A file of the teacher cache is damaged.', {
      where: file,
      next: 'Resume the run: it is made again.',
    });
  });
  return { height: image.height, width: image.width, image: image.data, labels, taught: maps };
}

function take(item: number): Kept | undefined {
  const found = cache.get(item);
  if (found) {
    cache.delete(item);
    cached -= bytesOf(found);
  }
  return found;
}

function keep(item: number, decoded: Kept, most: number): void {
  cache.set(item, decoded);
  cached += bytesOf(decoded);
  for (const oldest of cache.keys()) {
    if (cached <= most) return;
    take(oldest);
  }
}

function bytesOf(item: Kept): number {
  return item.image.length + item.labels.length + bytesOfMaps(item.taught);
}
