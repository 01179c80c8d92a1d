import type { Tensor, Tensor4D } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { withGradient } from './with-gradient.ts';

/** The mean of squares along the last axis, and its gradient 2x/C · dy. */
export const meanSquare = new Op(
  'mean square',
  {
    plain: {
      forward: <T extends Tensor>(x: T): T => x.square().mean<T>(-1, true),
      gradient: <T extends Tensor>(dy: T, x: T): T => x.mul<T>(dy.mul(2 / x.shape[x.shape.length - 1])),
    },
    own: {
      forward: <T extends Tensor>(x: T): T => runOwnKernel('Energy', [x], 1)[0] as T,
      gradient: <T extends Tensor>(dy: T, x: T): T => runOwnKernel('EnergyGrad', [dy, x], 1)[0] as T,
    },
  },
  ({ forward, gradient }) => [
    forward(wave([2, 3, 4, 5])),
    gradient<Tensor4D>(wave([2, 3, 4, 1], 1), wave([2, 3, 4, 5])),
  ],
);

/**
 * The energy of each pixel: 1/C Σ_c x_c², [N, h, w, 1], differentiable on every engine. What attention maps are made of
 * (Zagoruyko and Komodakis, ICLR 2017, with p = 2).
 */
export function energy(x: Tensor4D): Tensor4D {
  const { forward, gradient } = meanSquare.form;
  return withGradient<Tensor4D, Tensor4D>(x, (input) => ({
    value: forward(input),
    saved: [input],
    gradient: (dy, [kept]) => gradient(dy, kept as Tensor4D),
  }));
}
