/**
 * Masked generative distillation: the student's features, most of their positions blanked out, are to be enough to
 * generate the teacher's.
 *
 * Source     Z. Yang, Z. Li, M. Shao, D. Shi, Z. Yuan, C. Yuan: Masked Generative Distillation, ECCV 2022, arXiv 2205.01529.
 *            Form: open-mmlab/mmrazor: mmrazor/models/losses/mgd_loss.py.
 * Equation   L = 1/N Σ (G(a(F^S) · M) − F^T)², G = 3×3 convolution, ReLU, 3×3 convolution, M = 0 with the probability
 *            `masked`, otherwise 1, one for all channels of a position; a = 1×1 convolution.
 * Taps       one (`tap`, the last where none is named); the teacher's is resized (bilinear) to the student's size.
 *            `adapter`: a where the channels differ (the default, as in the authors' code), always, or never.
 * Reduction  sum over positions and channels, mean over the batch.
 * Weight     2e-5, masked 0.75 (the authors' for segmentation).
 * Traps      the sum grows with the crop and with the teacher's channels, and so does its effective weight. M is another one
 *            in each step, drawn from the recipe's seed.
 * Cost       two 3×3 convolutions of the teacher's channels, forward and back: dear where those are many.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { blankedAtRandom, generated, generatorArrays } from '../generation.ts';
import type { Method } from '../method.ts';
import { maskedOption } from '../options.ts';
import { adaptedPair, adapterArrays, adapterOption, chosen, tapOption } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  adapter: adapterOption,
  masked: maskedOption,
});
type Params = z.output<typeof params>;

export const mgd: Method<Params> = {
  id: 'mgd',
  title: 'MGD (masked generation)',
  citation: 'Yang et al.: Masked Generative Distillation. ECCV 2022',
  equation: '1/N Σ (G(a(Fˢ) · M) − Fᵀ)², M random over positions',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 2e-5,
  copies: 8,
  own(shapes, { tap, adapter }) {
    const [, , teacher] = chosen(shapes.teacher, tap);
    return [...adapterArrays(shapes, tap, adapter), ...generatorArrays(teacher)];
  },
  loss(inputs, { tap, masked }) {
    const { student, teacher } = adaptedPair(inputs, tap);
    const made = generated(blankedAtRandom(student, inputs, masked), inputs.own);
    return squaredDistance(made, teacher, student.shape[0]);
  },
};
