import type { Scalar, Tensor } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { sumAll } from './reduce.ts';
import { withGradient } from './with-gradient.ts';

type Apart = <T extends Tensor>(a: T, b: T) => { value: Scalar; apart: T };

/** Σ (a − b)² of two tensors of one shape, and a − b. */
export const squaresApart = new Op<Apart>(
  'squared distance',
  {
    plain: <T extends Tensor>(a: T, b: T) => {
      const apart = a.sub<T>(b);
      return { value: sumAll(apart.square()), apart };
    },
    own: <T extends Tensor>(a: T, b: T) => {
      const [value, apart] = runOwnKernel('SquaredDistance', [a, b], 2);
      return { value: value as Scalar, apart: apart as T };
    },
  },
  (form) => Object.values(form(wave([3, 5]), wave([3, 5], 1))),
);

/** Σ (a − b)² ÷ divisor of two tensors of one shape, differentiable with respect to a; b is constant. */
export function squaredDistance<T extends Tensor>(a: T, b: T, divisor: number): Scalar {
  return withGradient<T, Scalar>(a, (input) => {
    const { value, apart } = squaresApart.form(input, b);
    return { value: value.div(divisor), saved: [apart], gradient: (dy, [d]) => d.mul<T>(dy.mul(2 / divisor)) };
  });
}
