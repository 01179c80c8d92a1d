/** How much two models differ on each of many images. */
import { setImmediate } from 'node:timers/promises';
import { inOrder, ThreadPool } from '../base/thread-pool.ts';
import type { ItemValue, JobData } from '../contract/job.ts';
import type { ItemPixels } from '../datasets/read-item.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import type { DecodeRequest } from './decode.thread.ts';
import { AHEAD, predictClasses, THREADS } from './evaluate.ts';

/**
 * The share of each image's pixels, 0–1, in which the likeliest outputs of two models differ. What is labelled there,
 * or ignored, plays no part.
 * @param onProgress told after each image
 * @throws Problem where a file cannot be read, or a model has other classes than the data
 */
export async function disagreement(
  models: readonly [OpenModel, OpenModel],
  data: JobData,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ItemValue[]> {
  for (const model of models) requireClasses(model.card, data.classes);
  const values: ItemValue[] = [];
  const pool = new ThreadPool<DecodeRequest, ItemPixels>(new URL('./decode.thread.ts', import.meta.url), THREADS);
  const table = Uint16Array.from(data.values);
  const decode = ({ image }: JobData['items'][number]) =>
    pool.run({ root: data.root, table, files: { image, labels: null } });
  try {
    for await (const { image } of inOrder(data.items, decode, AHEAD)) {
      const [one, other] = models.map((model) => predictClasses(model, image).predicted);
      let differing = 0;
      for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) differing++;
      values.push({ item: data.items[values.length].id, value: differing / one.length });
      onProgress(values.length, data.items.length);
      // Computing blocks this thread: let in what the decoding threads and the host have sent meanwhile.
      await setImmediate();
    }
  } finally {
    await pool.close();
  }
  return values;
}
