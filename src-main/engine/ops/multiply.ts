import { type Tensor4D, tf } from '../tf.ts';

/** x · y of NHWC tensors of one shape, or with y a gate of [n, 1, 1, c] that holds for all pixels of an image. */
export function multiply(x: Tensor4D, y: Tensor4D): Tensor4D {
  return tf.mul(x, y);
}

/** The gradient of multiply's second input; that of its first is multiply(dy, y). */
export function multiplyGateGradient(dy: Tensor4D, x: Tensor4D, shape: readonly number[]): Tensor4D {
  return tf.tidy(() => {
    const product = tf.mul<Tensor4D>(dy, x);
    if (shape[1] === x.shape[1] && shape[2] === x.shape[2]) return product;
    // Along the height, then along the width: in float32 that loses less than one long running sum.
    return product.sum<Tensor4D>(1, true).sum<Tensor4D>(2, true);
  });
}
