import { type Scalar, type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';

/**
 * Sum over batch, height and width of an NHWC tensor: [channels]. In two stages, which in float32 loses less than one
 * long running sum.
 */
export function sumPixels(x: Tensor4D): Tensor1D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const rows = x.reshape([batch * height, width * channels]).sum(0);
    return rows.reshape([width, channels]).sum(0);
  });
}

/** Sum over all elements, axis by axis: in float32 that loses less than one long running sum. */
export function sumAll(x: Tensor): Scalar {
  let sum = x;
  while (sum.rank > 0) sum = sum.sum(-1);
  return sum as Scalar;
}
