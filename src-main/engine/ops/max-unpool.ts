/**
 * Max unpooling (SegNet, ENet): values go back to where the maxima were that a max pooling took. The places are found
 * again from that pooling's own input, so that no indices have to be kept: they would take as much memory as the
 * pooled image, and a node of the graph gives one tensor. Going there is the gradient of max pooling; coming back is
 * here.
 */
import { type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { LOWEST, maxPool, maxPoolGradient, paddedForMax } from './max-pool.ts';
import { Phases } from './phases.ts';
import type { PoolWindow } from './pool.ts';

/**
 * Each value of x where the maximum of its window over `source` lies (the first one in row-major order), zeros
 * elsewhere; where windows overlap and share a maximum, their values are added. As PyTorch's max_unpool2d for windows
 * that do not overlap. The answer has source's shape.
 */
export function maxUnpool(x: Tensor4D, source: Tensor4D, window: PoolWindow): Tensor4D {
  return maxPoolGradient.form(x, source, window);
}

/** The gradient of maxUnpool's x, [n, pooled height, pooled width, c]: dy where the maxima of `source` lie. */
export const maxUnpoolGradient = new Op(
  'gradient of max unpooling',
  { plain: plainGradient, tensorflow: nativeGradient },
  (form) => {
    // Half of the numbers are zeros, as after a ReLU, so that some windows hold equal ones.
    const source = tf.relu(wave<Tensor4D>([1, 6, 7, 2]));
    return [form(wave([1, 6, 7, 2], 1), source, { kernel: 3, stride: 2, padding: 1 })];
  },
);

function nativeGradient(dy: Tensor4D, source: Tensor4D, { kernel, stride, padding }: PoolWindow): Tensor4D {
  return tf.tidy(() => {
    const input = paddedForMax(source, padding);
    const output = tf.maxPool(input, kernel, stride, 'valid');
    const [dx] = runKernel('MaxPoolGradGrad', [input, output, paddedForMax(dy, padding)], {
      ints: { ksize: [1, kernel, kernel, 1], strides: [1, stride, stride, 1] },
      strings: { padding: 'VALID', data_format: 'NHWC' },
    });
    return dx as Tensor4D;
  });
}

/** For each place in the window: dy under it where the pixel there is the maximum, and no earlier place was. */
function plainGradient(dy: Tensor4D, source: Tensor4D, window: PoolWindow): Tensor4D {
  const { kernel, stride, padding } = window;
  return tf.tidy(() => {
    const maxima = maxPool.form(source, window);
    const [, height, width] = maxima.shape;
    const pixels = new Phases(source, { padding, stride, fill: LOWEST });
    const errors = new Phases(dy, { padding, stride });
    let left = tf.onesLike(maxima) as Tensor4D;
    let dx = tf.zerosLike(maxima) as Tensor4D;
    for (let i = 0; i < kernel; i++) {
      const [rows, errorRows] = [pixels.rows(i, height), errors.rows(i, height)];
      for (let j = 0; j < kernel; j++) {
        const first = tf
          .greaterEqual(pixels.columns(rows, j, width), maxima)
          .cast('float32')
          .mul<Tensor4D>(left);
        left = left.sub(first);
        dx = dx.add(errors.columns(errorRows, j, width).mul(first));
      }
    }
    return dx;
  });
}
