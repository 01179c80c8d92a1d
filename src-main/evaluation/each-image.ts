/** Going through the images of a job's data, labelled or not. */
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { decodedItems } from './decoded.ts';

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
  const { items } = data;
  let done = 0;
  for await (const pixels of decodedItems(data, items, ({ image }) => ({ image, labels: null }))) {
    if (pixels instanceof Problem) throw pixels;
    visit(pixels.image, items[done]);
    onProgress(++done, items.length);
  }
}
