import { type Tensor, type Tensor2D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { withGradient } from './with-gradient.ts';

/** Lengths below this divide as if they were this: the ε of N(v) = v / max(‖v‖₂, ε). */
export const SHORTEST = 1e-12;

interface Unit {
  /** N(x) along the last axis, and ‖x‖₂, which keeps that axis with length 1. */
  forward<T extends Tensor>(x: T): { value: T; length: T };
  gradient<T extends Tensor>(dy: T, value: T, length: T): T;
}

const plain: Unit = {
  forward: (x) =>
    tf.tidy(() => {
      const length = x.square().sum<typeof x>(-1, true).sqrt();
      return { value: x.div<typeof x>(length.maximum(SHORTEST)), length };
    }),
  gradient: (dy, value, length) =>
    tf.tidy(() => {
      const along = dy.mul(value).sum(-1, true).mul(length.greater(SHORTEST).cast('float32'));
      return dy.sub(value.mul(along)).div(length.maximum(SHORTEST));
    }),
};

const own: Unit = {
  forward: <T extends Tensor>(x: T) => {
    const [value, length] = runOwnKernel('Unit', [x], 2) as [T, T];
    return { value, length };
  },
  gradient: <T extends Tensor>(dy: T, value: T, length: T) => runOwnKernel('UnitGrad', [dy, value, length], 1)[0] as T,
};

export const unitVectors = new Op('unit vectors', { plain, own }, ({ forward, gradient }) => {
  const x = tf.concat<Tensor2D>([wave([2, 5]), tf.zeros([1, 5])]);
  const { value, length } = forward(x);
  return [value, length, gradient<Tensor2D>(wave([3, 5], 1).mul(1e-6), value, length)];
});

/**
 * N(v) = v / max(‖v‖₂, 1e-12) along the last axis, differentiable on every engine. The zero vector stays zero and has
 * the gradient of v / 1e-12.
 */
export function unit<T extends Tensor>(v: T): T {
  const { forward, gradient } = unitVectors.form;
  return withGradient<T, T>(v, (x) => {
    const { value, length } = forward(x);
    return { value, saved: [value, length], gradient: (dy, [u, l]) => gradient(dy, u as T, l as T) };
  });
}

/**
 * As unit, but vectors shorter than 1e-12 have no gradient. For features: a ReLU leaves pixels and channels of zeros
 * alone, and dividing by 1e-12 there would outweigh all that is learnt elsewhere.
 */
export function direction<T extends Tensor>(v: T): T {
  const { forward, gradient } = unitVectors.form;
  return withGradient<T, T>(v, (x) => {
    const { value, length } = forward(x);
    const alive = length.greater(SHORTEST).cast<T>('float32');
    return {
      value,
      saved: [value, length, alive],
      gradient: (dy, [u, l, a]) => gradient(dy.mul<T>(a), u as T, l as T),
    };
  });
}
