/** From picture bytes to a network's input. */
import type { Preprocessing } from '../contract/model.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';

/**
 * What students are fed with: RGB, ImageNet's mean and standard deviation (of images in 0–255; Krizhevsky et al., 2012).
 * Fixed, so that a student does not depend on which part of a data set was at hand.
 */
export const STUDENT_PREPROCESSING: Preprocessing = {
  channels: 'rgb',
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  scale: 1,
};

/**
 * Picture bytes on the device.
 * @param bytes RGB, [n, height, width, 3]
 * @returns the same numbers as float32, the caller's to dispose
 */
export function pictureTensor(bytes: Uint8Array, shape: [number, number, number, number]): Tensor4D {
  return tf.tensor4d(new Float32Array(bytes), shape, 'float32');
}

/**
 * A network's input from pictures: channel order, then (pixel − mean) / std · scale.
 * @param pictures RGB 0–255, [n, height, width, 3]; not disposed
 */
export function normalise(pictures: Tensor4D, { channels, mean, std, scale }: Preprocessing): Tensor4D {
  return tf.tidy(() => {
    const ordered = channels === 'bgr' ? tf.reverse(pictures, 3) : pictures;
    return ordered.sub(tf.tensor1d(mean)).mul<Tensor4D>(tf.tensor1d(std.map((s) => scale / s)));
  });
}
