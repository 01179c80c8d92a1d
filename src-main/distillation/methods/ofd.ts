/**
 * Overhaul of feature distillation: features before their ReLU, the teacher's negative ones no lower than a margin, and no
 * loss where both are negative enough.
 *
 * Source     B. Heo, J. Kim, S. Yun, H. Park, N. Kwak, J. Y. Choi: A Comprehensive Overhaul of Feature Distillation, ICCV
 *            2019, arXiv 1904.01866. Form: clovaai/overhaul-distillation: Segmentation/distiller.py.
 * Equation   L = Σ_l 2^{l−L} · 1/N Σ (s − t)² · [s > t or t > 0] over the taps l = 1…L, t = max(F^T, m),
 *            s = batch norm of a 1×1 convolution (no bias) of F^S, m_c = the mean of the channel's negative values.
 * Taps       all, in order; they should lie before a ReLU: a tap without negative values has no margin and is compared as it
 *            is. The teacher's are resized (bilinear) to the student's sizes.
 * Reduction  `sum` over positions and channels and mean over the batch (as the authors), or `mean` over everything.
 * Weight     1e-5 with `sum` (the authors' for segmentation).
 * Traps      m is taken from the batch, which the paper names as the direct way; the authors' code works it out from the
 *            teacher's batch norm instead. The authors give every tap a divisor by hand (8, 4, 2, 1, 1, 16). `sum` grows with
 *            the crop and the teacher's channels.
 * Cost       one matrix product and one batch norm for each tap, forward and back.
 */
import { z } from 'zod';
import { sumAll } from '../../engine/ops/reduce.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor4D, tf } from '../../engine/tf.ts';
import { batchNormArrays, batchNormed, pointwise, pointwiseArrays } from '../layers.ts';
import type { Method } from '../method.ts';
import { atSizeOf } from '../taps.ts';

const params = z.strictObject({
  reduction: z.enum(['sum', 'mean']).default('sum').meta({
    title: 'Over positions and channels',
    description: 'Sum (as the authors, with weight 1e-5) or mean (does not depend on the crop)',
  }),
});
type Params = z.output<typeof params>;

export const ofd: Method<Params> = {
  id: 'ofd',
  title: 'Overhaul of feature distillation',
  citation: 'Heo et al.: A Comprehensive Overhaul of Feature Distillation. ICCV 2019',
  equation: 'Σ over taps of (s − t)² where s > t or t > 0; t = max(Fᵀ, margin), s = BN(conv Fˢ)',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 1e-5,
  copies: 8,
  own({ student, teacher }) {
    return teacher.flatMap(([, , channels], l) => [
      ...pointwiseArrays(`connector${l}`, student[l][2], channels, { bias: false }),
      ...batchNormArrays(`norm${l}`, channels),
    ]);
  },
  loss({ student, teacher, own }, { reduction }) {
    const terms = student.taps.map((tap, l) => {
      const adapted = batchNormed(pointwise(tap, own!, `connector${l}`), own!, `norm${l}`);
      const target = aboveMargin(atSizeOf(adapted, teacher!.taps[l]));
      const divisor = 2 ** (student.taps.length - l - 1) * (reduction === 'sum' ? tap.shape[0] : adapted.size);
      return partialDistance(adapted, target, divisor);
    });
    return tf.addN(terms) as Scalar;
  },
};

/** max(x, m), m the mean of each channel's negative values; 0 for a channel that has none. */
function aboveMargin(x: Tensor4D): Tensor4D {
  // As numbers: on WebGPU TensorFlow.js cannot sum what was cast from booleans.
  const negative = x.neg<Tensor4D>().step();
  const counts = negative.sum([0, 1, 2]);
  const margin = x.mul(negative).sum([0, 1, 2]).div(counts.maximum(1));
  return x.maximum<Tensor4D>(margin);
}

/** Σ (s − t)² · [s > t or t > 0] ÷ divisor. */
function partialDistance(student: Tensor4D, target: Tensor4D, divisor: number): Scalar {
  return withGradient<Tensor4D, Scalar>(student, (s) => {
    const counted = s.sub(target).step().maximum(target.step());
    const apart = s.sub(target).mul(counted);
    return {
      value: sumAll(apart.square()).div(divisor),
      saved: [apart],
      gradient: (dy, [d]) => d.mul<Tensor4D>(dy.mul(2 / divisor)),
    };
  });
}
