/** Going through the images of a job's data, labelled or not. */
import { setImmediate } from 'node:timers/promises';
import { inOrder, ThreadPool } from '../base/thread-pool.ts';
import type { JobData } from '../contract/job.ts';
import type { RgbImage } from '../datasets/codec.ts';
import type { ItemPixels } from '../datasets/read-item.ts';
import type { DecodeRequest } from './decode.thread.ts';
import { AHEAD, THREADS } from './evaluate.ts';

/**
 * Visits each image in turn, while the next ones are decoded in threads.
 * @param onProgress told after each image
 * @throws Problem where a file cannot be read, and what `visit` throws
 */
export async function eachImage(
  data: JobData,
  visit: (image: RgbImage, item: JobData['items'][number]) => void,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { items, root, values } = data;
  const pool = new ThreadPool<DecodeRequest, ItemPixels>(new URL('./decode.thread.ts', import.meta.url), THREADS);
  const table = Uint16Array.from(values);
  const decode = ({ image }: JobData['items'][number]) => pool.run({ root, table, files: { image, labels: null } });
  let done = 0;
  try {
    for await (const { image } of inOrder(items, decode, AHEAD)) {
      visit(image, items[done]);
      onProgress(++done, items.length);
      // Computing blocks this thread: let in what the decoding threads and the host have sent meanwhile.
      await setImmediate();
    }
  } finally {
    await pool.close();
  }
}
