/** How unsure a model is of each of many images. */
import type { JobData, Measured } from '../contract/job.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { tf } from '../engine/tf.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';
import { eachImage } from './each-image.ts';
import { rarityWeights } from './rarity.ts';
import { wholeImage } from './whole-image.ts';

/** Each pixel's likeliest output, the entropy of its probabilities over that of equal ones, and 1 − (first − second). */
interface UnsurePixels {
  predicted: Int32Array;
  entropy: Float32Array;
  margin: Float32Array;
}

function unsurePixels(model: OpenModel, image: RgbImage): UnsurePixels {
  const { height, width } = image;
  const picture = pictureTensor(image.data, [1, height, width, 3]);
  const { logits } = wholeImage(model, picture);
  const outputs = logits.shape[3];
  const found = tf.tidy(() => {
    const flat = logits.reshape([height * width, outputs]);
    const logs = tf.logSoftmax(flat);
    const probabilities = logs.exp();
    const entropy = probabilities.mul(logs).sum(1).div(-Math.log(outputs));
    const { values } = tf.topk(probabilities, 2);
    const [first, second] = tf.unstack(values, 1);
    return [flat.argMax(1), entropy, second.sub(first).add(1)];
  });
  const [predicted, entropy, margin] = found.map((tensor) => tensor.dataSync());
  tf.dispose([picture, logits, ...found]);
  return {
    predicted: predicted as Int32Array,
    entropy: entropy as Float32Array,
    margin: margin as Float32Array,
  };
}

/**
 * The mean of each image's entropy and margin (`UnsurePixels`), 0–1; and the same with each pixel counted by the rarity
 * of its likeliest class (`rarityWeights`).
 * @param pixels labelled pixels of each class in the whole data set
 * @param onProgress told after each image
 * @throws Problem where a file cannot be read, or the model has other classes than the data
 */
export async function uncertainty(
  model: OpenModel,
  data: JobData,
  pixels: readonly number[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Measured[]> {
  requireClasses(model.card, data.classes);
  const weights = rarityWeights(pixels);
  const kinds = ['entropy', 'margin'] as const;
  const plain: Measured[] = kinds.map((kind) => ({ kind, rare: false, values: [] }));
  const weighted: Measured[] = kinds.map((kind) => ({ kind, rare: true, values: [] }));
  await eachImage(
    data,
    (image, { id: item }) => {
      const { predicted, ...unsure } = unsurePixels(model, image);
      kinds.forEach((kind, k) => {
        const values = unsure[kind];
        let sum = 0;
        let rare = 0;
        for (let i = 0; i < values.length; i++) {
          sum += values[i];
          rare += values[i] * (weights[predicted[i]] ?? 0);
        }
        plain[k].values.push({ item, value: sum / values.length });
        weighted[k].values.push({ item, value: rare / values.length });
      });
    },
    onProgress,
  );
  return [...plain, ...weighted];
}
