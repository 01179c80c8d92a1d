/** Label maps by a model where it is sure. */

import { IGNORE } from '../contract/dataset.ts';
import type { JobData } from '../contract/job.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { tf } from '../engine/tf.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';
import { eachImage } from './each-image.ts';
import { wholeImage } from './whole-image.ts';

/**
 * Each pixel's likeliest class; IGNORE where its probability is below `confidence`, 0–1, or it is none of the data's
 * classes.
 */
function sureClasses(model: OpenModel, image: RgbImage, classes: number, confidence: number): Uint8Array {
  const { height, width } = image;
  const picture = pictureTensor(image.data, [1, height, width, 3]);
  const { logits } = wholeImage(model, picture);
  const found = tf.tidy(() => {
    const probabilities = tf.softmax(logits);
    return [probabilities.argMax(3), probabilities.max(3)];
  });
  const [likeliest, probability] = found.map((tensor) => tensor.dataSync());
  tf.dispose([picture, logits, ...found]);
  return Uint8Array.from(likeliest, (c, i) => (c < classes && probability[i] >= confidence ? c : IGNORE));
}

/**
 * Goes through all images of the data.
 * @param give takes each image's classes, `height·width`
 * @throws Problem where a file cannot be read, or the model has other classes than the data
 */
export async function prelabel(
  model: OpenModel,
  data: JobData,
  confidence: number,
  give: (item: number, classes: Uint8Array) => void,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<void> {
  requireClasses(model.card, data.classes);
  await eachImage(
    data,
    (image, { id }) => give(id, sureClasses(model, image, data.classes.length, confidence)),
    onProgress,
  );
}
