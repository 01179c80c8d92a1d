import { type Tensor, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { hasOwnKernels, runKernel } from './kernels.ts';

const TRIAL = [1, 3, 2, 5];

/** Sum of three or more tensors of one shape. */
export const sum = new Op(
  'sum of several',
  {
    plain: (tensors: Tensor4D[]) => tf.tidy(() => tensors.reduce((a, b) => tf.add(a, b))),
    tensorflow: (tensors) => runKernel('AddN', tensors, { counts: { N: tensors.length } })[0] as Tensor4D,
  },
  (form) => [form([wave(TRIAL), wave(TRIAL, 1), wave(TRIAL, 2)])],
);

/** Sum of tensors of one shape. With one tensor, another handle on the same values. */
export function addAll(tensors: Tensor4D[]): Tensor4D {
  if (tensors.length === 1) return tensors[0].clone();
  if (tensors.length === 2) return tf.add(tensors[0], tensors[1]);
  return sum.form(tensors);
}

/**
 * x times a number that is a tensor, as a gradient's last step is. By 1, which is what a term of weight 1 gets, it is x
 * itself under another handle, where reading the number costs nothing: a gradient of logits is large.
 */
export function timesScalar<T extends Tensor>(x: T, factor: Tensor): T {
  return hasOwnKernels() && factor.dataSync()[0] === 1 ? x.clone() : x.mul<T>(factor);
}

/** NHWC tensors one after the other along the channels. */
export function concatChannels(tensors: Tensor4D[]): Tensor4D {
  return tf.concat(tensors, 3);
}

export const split = new Op(
  'split',
  {
    plain: (x: Tensor4D, counts: number[]) => {
      const [batch, height, width] = x.shape;
      let start = 0;
      return counts.map((count) => {
        const part = tf.slice(x, [0, 0, 0, start], [batch, height, width, count]);
        start += count;
        return part;
      });
    },
    tensorflow: (x, counts) => tf.split(x, counts, 3),
  },
  (form) => form(wave(TRIAL), [2, 3]),
);

/** The gradient of concatChannels: the channels' parts, `counts` channels each. */
export function splitChannels(x: Tensor4D, counts: number[]): Tensor4D[] {
  return split.form(x, counts);
}
