import { type Tensor4D, tf } from '../tf.ts';
import { applySeparable } from './spatial.ts';

export interface PoolWindow {
  kernel: number;
  stride: number;
  padding: number;
}

/** Average pooling of an NHWC tensor; padding counts as zeros, as PyTorch's AvgPool2d(kernel, stride, padding). */
export function paddedAveragePool(x: Tensor4D, { kernel, stride, padding: p }: PoolWindow): Tensor4D {
  return tf.tidy(() => {
    if (p === 0) return tf.avgPool(x, kernel, stride, 'valid');
    const padded = tf.pad(x, [
      [0, 0],
      [p, p],
      [p, p],
      [0, 0],
    ]) as Tensor4D;
    return tf.avgPool(padded, kernel, stride, 'valid');
  });
}

/** The gradient of paddedAveragePool for an input of [height, width]: the same sums backwards, two matrix products. */
export function paddedAveragePoolGradient(
  dy: Tensor4D,
  [height, width]: readonly [number, number],
  window: PoolWindow,
): Tensor4D {
  return applySeparable(dy, spread(height, dy.shape[1], window), spread(width, dy.shape[2], window));
}

/** Along one axis: what each pixel of the input gets of each window, row-major [size, pooled]. */
function spread(size: number, pooled: number, { kernel, stride, padding }: PoolWindow): Float32Array {
  const matrix = new Float32Array(size * pooled);
  for (let i = 0; i < pooled; i++) {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, size);
    for (let j = Math.max(start, 0); j < end; j++) matrix[j * pooled + i] = 1 / kernel;
  }
  return matrix;
}
