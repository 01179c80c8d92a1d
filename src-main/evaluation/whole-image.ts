/** Running a model over a whole image of any size. */
import type { RgbImage } from '../datasets/codec.ts';
import { resizeBilinear } from '../engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';
import { type OpenModel, wholeInput } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';

export interface WholeImage {
  /** [1, height, width, outputs], at the image's size; the caller's to dispose. */
  logits: Tensor4D;
  /** Of the network alone, input and output on the device. */
  ms: number;
}

/**
 * The logits of one image at its own size. Logits at a stride are upsampled (bilinear, corners not aligned).
 * @param picture RGB 0–255, [1, height, width, 3]; not disposed
 */
export function wholeImage(model: OpenModel, picture: Tensor4D): WholeImage {
  const [, height, width] = picture.shape;
  const input = wholeInput(model, picture);
  const start = performance.now();
  const { logits } = model.executable.forward(input, { training: false, taps: [] });
  // An engine may answer before it has computed: one number that is read makes it finish.
  tf.tidy(() => logits.slice([0, 0, 0, 0], [1, 1, 1, 1]).dataSync());
  const ms = performance.now() - start;
  const whole = tf.tidy(() => {
    const full = resizeBilinear(logits, [input.shape[1], input.shape[2]]);
    return full.slice([0, 0, 0, 0], [1, height, width, model.card.outputs]);
  });
  tf.dispose([input, logits]);
  return { logits: whole, ms };
}

/** The probability of each output at each pixel of an image, height × width × outputs; `ms` as of wholeImage. */
export function probabilitiesOf(model: OpenModel, image: RgbImage): { probabilities: Float32Array; ms: number } {
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const { logits, ms } = wholeImage(model, picture);
  const probabilities = tf.tidy(() => tf.softmax(logits).dataSync<'float32'>());
  tf.dispose([picture, logits]);
  return { probabilities, ms };
}
