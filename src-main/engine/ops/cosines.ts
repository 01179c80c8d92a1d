import { type Tensor2D, type Tensor3D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { SHORTEST } from './unit.ts';
import { withGradient } from './with-gradient.ts';

/**
 * ⟨N(q_i), N(q_j)⟩ − 1 of the channels of q, [N, positions, C] → [N, C, C], N(v) = v / max(‖v‖₂, 1e-12).
 *
 * With u = N(q) and e = u − 1/√positions it is −½‖e_i‖² − ½‖e_j‖² + ⟨e_i, e_j⟩ where both are of unit length; a channel
 * that is too short to be normalised adds ½(‖u‖² − 1). The gradient with respect to q_i is that of N, applied to
 * Σ_j S_ij u_j with S = dy + dyᵀ: of unit length, Σ_j S_ij (e_j − e_i − u_i (M_ij − 1)) / ‖q_i‖.
 */
interface Cosines {
  /** @returns also ‖q_i‖₂, [N, C] */
  forward(q: Tensor3D): { value: Tensor3D; lengths: Tensor2D };
  gradient(dy: Tensor3D, q: Tensor3D, value: Tensor3D, lengths: Tensor2D): Tensor3D;
}

/** u, e, the divisors and which are too short, of q's channels as rows. */
function parts(rows: Tensor3D, lengths: Tensor2D) {
  const length = lengths.expandDims<Tensor3D>(2);
  const divisor = length.maximum<Tensor3D>(SHORTEST);
  const u = rows.div<Tensor3D>(divisor);
  const even = 1 / Math.sqrt(rows.shape[2]);
  return { u, e: u.sub<Tensor3D>(even), divisor, short: length.lessEqual(SHORTEST).cast<Tensor3D>('float32'), even };
}

const plain: Cosines = {
  forward: (q) => {
    const rows = q.transpose<Tensor3D>([0, 2, 1]);
    const lengths = rows.square().sum<Tensor2D>(2).sqrt();
    const { u, e, short } = parts(rows, lengths);
    const lacking = u.square().sum(2, true).sub(1).mul(short);
    const half = e.square().sum(2, true).sub(lacking).mul(0.5);
    const value: Tensor3D = tf
      .matMul(e, e, false, true)
      .sub(half)
      .sub(half.transpose([0, 2, 1]));
    return { value, lengths };
  },
  gradient: (dy, q, value, lengths) => {
    const { u, e, divisor, short, even } = parts(q.transpose([0, 2, 1]), lengths);
    const both = dy.add<Tensor3D>(dy.transpose([0, 2, 1]));
    const sums = both.sum(2, true);
    const along = e.mul(sums).add(u.mul(both.mul(value).sum(2, true)));
    const whole = sums.mul(even).mul(short);
    const rows = tf
      .matMul(both, e)
      .sub(along.mul(tf.sub(1, short)))
      .add(whole)
      .div(divisor);
    return rows.transpose([0, 2, 1]);
  },
};

const own: Cosines = {
  forward: (q) => {
    const [value, lengths] = runOwnKernel('Cosines', [q], 2);
    return { value: value as Tensor3D, lengths: lengths as Tensor2D };
  },
  gradient: (dy, q, value, lengths) => runOwnKernel('CosinesGrad', [dy, q, value, lengths], 1)[0] as Tensor3D,
};

export const channelCosines = new Op('cosines of channels', { plain, own }, ({ forward, gradient }) => {
  // One channel is zero.
  const q = wave<Tensor3D>([2, 7, 4]).mul<Tensor3D>(tf.tensor1d([1, 2, 0, 3]));
  const { value, lengths } = forward(q);
  const slope = gradient(wave([2, 4, 4], 1), q, value, lengths);
  return [value, lengths, slope.mul(tf.tensor1d([1, 1, SHORTEST, 1]))];
});

/**
 * How much the channels of q resemble each other: their cosines less 1, [N, positions, C] → [N, C, C], differentiable on
 * every engine. Less 1, for where all are nearly alike the differences would be lost in float32.
 * @param options.flat channels too short to be normalised have no gradient, where it else is that of q / 1e-12
 */
export function cosinesBelowOne(q: Tensor3D, options: { flat?: boolean } = {}): Tensor3D {
  const { forward, gradient } = channelCosines.form;
  return withGradient<Tensor3D, Tensor3D>(q, (input) => {
    const { value, lengths } = forward(input);
    return {
      value,
      saved: [input, value, lengths],
      gradient: (dy, [x, m, l]) => {
        const dq = gradient(dy, x as Tensor3D, m as Tensor3D, l as Tensor2D);
        return options.flat ? dq.mul(l.greater(SHORTEST).cast('float32').expandDims(1)) : dq;
      },
    };
  });
}
