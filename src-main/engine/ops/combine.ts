import { type Tensor4D, tf } from '../tf.ts';
import { isNative, runKernel } from './kernels.ts';

/** Sum of tensors of one shape. With one tensor, another handle on the same values. */
export function addAll(tensors: Tensor4D[]): Tensor4D {
  if (tensors.length === 1) return tensors[0].clone();
  if (tensors.length === 2) return tf.add(tensors[0], tensors[1]);
  if (isNative()) return runKernel('AddN', tensors, { counts: { N: tensors.length } })[0] as Tensor4D;
  return tf.tidy(() => tensors.reduce((a, b) => tf.add(a, b)));
}

/** NHWC tensors one after the other along the channels. */
export function concatChannels(tensors: Tensor4D[]): Tensor4D {
  return tf.concat(tensors, 3);
}

/** The gradient of concatChannels: the channels' parts, `counts` channels each. */
export function splitChannels(x: Tensor4D, counts: number[]): Tensor4D[] {
  if (isNative()) return tf.split(x, counts, 3);
  const [batch, height, width] = x.shape;
  let start = 0;
  return counts.map((count) => {
    const part = tf.slice(x, [0, 0, 0, start], [batch, height, width, count]);
    start += count;
    return part;
  });
}
