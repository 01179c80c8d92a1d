/**
 * Probabilistic knowledge transfer: how likely a sample is the neighbour of another, as in the teacher's features.
 *
 * Source     N. Passalis, A. Tefas: Learning Deep Representations with Probabilistic Knowledge Transfer, ECCV 2018,
 *            arXiv 1803.10837. Form: HobbitLong/RepDistiller: distiller_zoo/PKT.py; torchdistill: PKTLoss.
 * Equation   S_ij = (cos(v_i, v_j) + 1) / 2, P_ij = S_ij / Σ_k S_ik, L = 1/n² Σ_ij P^T_ij log((P^T_ij + ε)/(P^S_ij + ε)),
 *            ε = 1e-7, over n samples v.
 * Taps       one, the last unless `tap` says another; of any number of channels. No adapter. `samples`: images, each the
 *            mean of its features, n = batch; or pixels of one image, average-pooled by `pool` (ceil mode), the teacher's
 *            first resized (bilinear) to the student's size.
 * Reduction  mean over all pairs; of pixels also over images. Images are compared with each other, so that with
 *            `samples` = images a batch cannot be computed in parts.
 * Weight     30000: RepDistiller's, for classification at a batch of 64.
 * Traps      the mean over n² makes the term tiny and its weight depend on n. A batch of one image has one sample and
 *            learns nothing. The sources divide by ‖v‖ + ε, here by ‖v‖, which shows in features shorter than 0.01 only.
 *            Two samples that are nearly opposite, as none are after a ReLU, take the logarithm near 0. A sample of zeros
 *            has the cosine 0 with all and no gradient.
 * Cost       n²·C multiplications three times; for pixels in each image, so that `pool` matters.
 */
import { z } from 'zod';
import { cosinesBelowOne } from '../../engine/ops/cosines.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { averagePool } from '../../engine/ops/spatial.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { pixelsOf } from '../ops.ts';
import { poolOption } from '../options.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  samples: z.enum(['images', 'pixels']).default('images').meta({
    title: 'Samples',
    description: 'Images of the batch (as in the paper), or pixels of each image',
  }),
  pool: poolOption(2, 'Average pooling before pixels are compared, in cells of the tap: 1 is none'),
});
type Params = z.output<typeof params>;

const EPSILON = 1e-7;

export const pkt: Method<Params> = {
  id: 'pkt',
  title: 'Probabilistic knowledge transfer (PKT)',
  citation: 'Passalis, Tefas: Learning Deep Representations with Probabilistic Knowledge Transfer. ECCV 2018',
  equation: 'mean over pairs of Pᵀ log(Pᵀ/Pˢ), P = (cosine + 1)/2 of two samples over the sum of their row',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 30_000,
  copies: 4,
  decides: ({ samples }) => ({ wholeBatch: samples === 'images' }),
  besides: ([height, width], { samples, pool }) => {
    return samples === 'images' ? 0 : 12 * (Math.ceil(height / pool) * Math.ceil(width / pool)) ** 2;
  },
  loss(inputs, { tap, samples, pool }) {
    const { student, teacher } = tapPair(inputs, tap);
    const cosines = (tap: Tensor4D) => {
      const vectors = samples === 'pixels' ? pixelsOf(averagePool(tap, pool, { ceil: true })) : means(tap);
      return cosinesBelowOne(vectors.transpose([0, 2, 1]), { flat: true });
    };
    const other = samples === 'pixels' ? atSizeOf(student, teacher) : teacher;
    return neighbourDivergence(cosines(student), cosines(other));
  },
};

/** The mean feature of each image: [1, N, channels]. */
function means(tap: Tensor4D): Tensor3D {
  return pixelsOf(tap).mean(1).expandDims(0);
}

/** S − 1 = half the cosines less 1, its rows' sums of S, and P. */
function neighbours(below: Tensor3D) {
  const half = below.div<Tensor3D>(2);
  const excess = half.sum<Tensor3D>(2, true);
  const sums = excess.add<Tensor3D>(below.shape[2]);
  return { half, excess, sums, likely: half.add(1).div<Tensor3D>(sums) };
}

/**
 * The loss from cosines less 1, [matrices, n, n]; those of the teacher are constant. Samples mostly resemble each other, so
 * that P^S and P^T differ little: with P^S − P^T from what S is less 1, and x = (P^S − P^T)/(P^T + ε), a row's sum is that of
 * P^T (x − log(1 + x)) + (P^S − P^T) ε/(P^T + ε), for P^S − P^T sums to 0.
 */
function neighbourDivergence(student: Tensor3D, teacher: Tensor3D): Scalar {
  const n = student.shape[2];
  return withGradient<Tensor3D, Scalar>(student, (below) => {
    const s = neighbours(below);
    const t = neighbours(teacher);
    const scaled = s.half.sub(t.half).mul(n).add(t.excess).sub(s.excess);
    const apart = scaled
      .add(s.half.mul(t.excess))
      .sub(t.half.mul(s.excess))
      .div<Tensor3D>(s.sums)
      .div<Tensor3D>(t.sums);
    const floor = t.likely.add<Tensor3D>(EPSILON);
    const terms = t.likely.mul(beyondLog(apart.div(floor))).add(apart.mul(EPSILON).div(floor));
    // With respect to P^S, but for a constant in each row, whose entries sum to 1.
    const slope = apart.add(EPSILON).div<Tensor3D>(s.likely.add(EPSILON));
    const projected = slope.sub(slope.mul(s.likely).sum(2, true)).div<Tensor3D>(s.sums);
    return {
      value: sumAll(terms).div(student.size),
      saved: [projected.div(2 * student.size)],
      gradient: (dy, [kept]) => kept.mul(dy),
    };
  });
}

/** x − log(1 + x), where x is small by its series. */
function beyondLog(x: Tensor3D): Tensor3D {
  const series = [6, 5, 4, 3, 2].reduce(
    (sum, power) => sum.mul(x.neg()).add(1 / power),
    tf.fill(x.shape, 1 / 7) as Tensor,
  );
  const small = x.abs().less(0.1);
  return tf.where(small, x.square().mul(series), x.sub(x.add(1).log()));
}
