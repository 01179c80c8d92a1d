import { type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { sumPixels } from './reduce.ts';

/** dy where x > 0, 0 elsewhere. */
export const reluGradient = new Op(
  'gradient of ReLU',
  {
    plain: (dy: Tensor4D, x: Tensor4D) => dy.mul<Tensor4D>(tf.step(x)),
    tensorflow: (dy, x) => runKernel('ReluGrad', [dy, x])[0] as Tensor4D,
  },
  (form) => [form(wave([1, 3, 4, 2]), wave([1, 3, 4, 2], 1))],
);

/** x where x > 0, slope · x elsewhere; x is NHWC, slope [channels]. As PyTorch's PReLU. */
export function prelu(x: Tensor4D, slope: Tensor1D): Tensor4D {
  // x + (slope − 1) · min(x, 0): one pass over the pixels less than both sides apart.
  return tf.tidy(() => x.add(tf.minimum(x, 0).mul(slope.sub(1))));
}

/** The gradient of prelu: that of x, and that of the slopes summed over all pixels. At 0 the slope's side holds. */
export function preluGradient(dy: Tensor4D, x: Tensor4D, slope: Tensor1D): { input: Tensor4D; slope: Tensor1D } {
  return tf.tidy(() => {
    const positive = reluGradient.form(dy, x);
    const rest = dy.sub<Tensor4D>(positive);
    return { input: positive.add<Tensor4D>(rest.mul(slope)), slope: sumPixels(rest.mul(x)) };
  });
}
