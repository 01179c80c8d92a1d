import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { isNative } from './kernels.ts';

/**
 * Sum over batch, height and width of an NHWC tensor: [channels].
 * The plain form is two products with ones, rows first: the sums of backends that transpose first are slow, and two
 * stages lose less in float32 than one long running sum.
 */
export function sumPixels(x: Tensor4D): Tensor1D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    if (isNative()) return x.reshape([-1, channels]).sum(0) as Tensor1D;
    const rows: Tensor = tf.matMul(
      tf.ones([1, batch * height]),
      x.reshape<Tensor>([batch * height, width * channels]) as never,
    );
    return tf.matMul(tf.ones([1, width]), rows.reshape([width, channels]) as never).reshape([channels]) as Tensor1D;
  });
}
