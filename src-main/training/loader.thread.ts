/** A loader's thread: decodes the items of a batch that fall to it and cuts their crops. */
import { serveThread } from '../base/thread-pool.ts';
import type { FoundItem } from '../contract/dataset.ts';
import { readItem } from '../datasets/read-item.ts';
import type { SamplePlan } from './batch-plan.ts';
import { cutCrop, type DecodedItem } from './crop.ts';

/** Samples of one batch; `item` is the place of the sample's item in the data set. */
export interface CropRequest {
  root: string;
  table: Uint16Array;
  samples: (SamplePlan & { files: Pick<FoundItem, 'image' | 'labels'> })[];
  crop: [number, number];
  /** Most bytes of decoded items that this thread may keep. */
  cacheBytes: number;
}

/** The crops in the order asked for: RGB bytes and classes (or IGNORE), one after another. */
export interface CropAnswer {
  image: Uint8Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
}

/** Decoded items, the one used longest ago first. */
const cache = new Map<number, DecodedItem>();
let cached = 0;

serveThread<CropRequest, CropAnswer>(
  ({ root, table, samples, crop, cacheBytes }) => {
    const pixels = crop[0] * crop[1];
    const image = new Uint8Array(samples.length * pixels * 3);
    const labels = new Uint8Array(samples.length * pixels);
    samples.forEach((sample, i) => {
      const item = take(sample.item) ?? decode(root, sample.files, table);
      cutCrop(
        item,
        sample,
        crop,
        image.subarray(i * pixels * 3, (i + 1) * pixels * 3),
        labels.subarray(i * pixels, (i + 1) * pixels),
      );
      keep(sample.item, item, cacheBytes);
    });
    return { image, labels };
  },
  ({ image, labels }) => [image.buffer, labels.buffer],
);

function decode(root: string, files: Pick<FoundItem, 'image' | 'labels'>, table: Uint16Array): DecodedItem {
  const { image, labels } = readItem(root, files, table);
  if (!labels) throw new Error(`${files.image} has no label map`);
  return { height: image.height, width: image.width, image: image.data, labels };
}

function take(item: number): DecodedItem | undefined {
  const found = cache.get(item);
  if (found) {
    cache.delete(item);
    cached -= bytesOf(found);
  }
  return found;
}

function keep(item: number, decoded: DecodedItem, most: number): void {
  cache.set(item, decoded);
  cached += bytesOf(decoded);
  for (const oldest of cache.keys()) {
    if (cached <= most) return;
    take(oldest);
  }
}

function bytesOf(item: DecodedItem): number {
  return item.image.length + item.labels.length;
}
