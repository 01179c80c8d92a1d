/** Going through the items of a job's data, decoded ahead in threads. */
import { setImmediate } from 'node:timers/promises';
import { inOrder, ThreadPool } from '../base/thread-pool.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { ItemFiles, ItemPixels } from '../datasets/read-item.ts';
import type { DecodeRequest } from './decode.thread.ts';

/** Items that are decoded ahead, in at most this many threads. */
const AHEAD = 6;
const THREADS = 4;

/**
 * What each item holds, in their order; a Problem where it cannot be read.
 * @param files what is read of an item; its image and label map unless given
 */
export async function* decodedItems(
  { root, values }: JobData,
  items: JobData['items'],
  files: (item: JobData['items'][number]) => ItemFiles = ({ image, labels, corrected }) => ({
    image,
    labels,
    corrected,
  }),
): AsyncGenerator<ItemPixels | Problem> {
  const pool = new ThreadPool<DecodeRequest, ItemPixels>(new URL('./decode.thread.ts', import.meta.url), THREADS);
  const table = Uint16Array.from(values);
  const decode = (item: JobData['items'][number]) =>
    pool.run({ root, table, files: files(item) }).catch((error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    });
  try {
    for await (const pixels of inOrder(items, decode, AHEAD)) {
      yield pixels;
      // Computing blocks this thread: let in what the decoding threads and the host have sent meanwhile.
      await setImmediate();
    }
  } finally {
    await pool.close();
  }
}
