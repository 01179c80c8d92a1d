import { type Tensor, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel, runOwnKernel } from './kernels.ts';
import { withGradient } from './with-gradient.ts';

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

interface Tempered {
  forward<T extends Tensor>(x: T, temperature: number): T;
  /** @param y what forward gave */
  gradient<T extends Tensor>(dy: T, y: T, temperature: number): T;
}

export const tempered = new Op<Tempered>(
  'softmax with a temperature',
  {
    plain: {
      forward: (x, temperature) => tf.softmax(x.div(temperature)),
      gradient: (dy, y, temperature) => softmaxGradient(dy, y, y.shape.length - 1).div(temperature),
    },
    own: {
      forward: <T extends Tensor>(x: T, temperature: number) =>
        runOwnKernel('Softmax', [x], 1, { floats: { temperature } })[0] as T,
      gradient: <T extends Tensor>(dy: T, y: T, temperature: number) =>
        runOwnKernel('SoftmaxGrad', [dy, y], 1, { floats: { temperature } })[0] as T,
    },
  },
  ({ forward, gradient }) => {
    const y = forward<Tensor>(wave([2, 3, 5]), 0.3);
    return [y, gradient<Tensor>(wave([2, 3, 5], 1), y, 0.3)];
  },
);

/** softmax(x ÷ temperature) along the last axis, differentiable on every engine. */
export function softened<T extends Tensor>(x: T, temperature: number): T {
  const { forward, gradient } = tempered.form;
  return withGradient<T, T>(x, (input) => {
    const y = forward(input, temperature);
    return { value: y, saved: [y], gradient: (dy, [kept]) => gradient(dy, kept as T, temperature) };
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
