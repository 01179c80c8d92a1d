import { type Tensor, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';

/** e^x over its sum along an axis, without overflow. As PyTorch's softmax(x, dim=axis). */
export function softmax<T extends Tensor>(x: T, axis: number): T {
  if (axis === x.shape.length - 1) return tf.softmax(x);
  return tf.tidy(() => {
    const powers = x.sub(x.max(axis, true)).exp();
    return powers.div<T>(powers.sum(axis, true));
  });
}

/** The gradient of softmax, from its output y: y · (dy − Σ dy · y). */
export function softmaxGradient<T extends Tensor>(dy: T, y: T, axis: number): T {
  return tf.tidy(() => {
    const product = dy.mul(y);
    return product.sub<T>(y.mul(product.sum(axis, true)));
  });
}

/** log softmax along the last axis, for logits of any size; without a gradient of its own. */
export const logSoftmax = new Op(
  'log softmax',
  {
    plain: plainLogSoftmax,
    tensorflow: (logits: Tensor) => runKernel('LogSoftmax', [logits])[0],
  },
  (form) => [form(wave([2, 3, 5]))],
);

/** The same out of ops that every engine has. */
export function plainLogSoftmax(logits: Tensor): Tensor {
  return tf.tidy(() => {
    const shifted = logits.sub(logits.max(-1, true));
    return shifted.sub(shifted.exp().sum(-1, true).log());
  });
}
