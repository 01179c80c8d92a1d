/**
 * Attention transfer: where the student's features are strong, as where the teacher's are.
 *
 * Source     S. Zagoruyko, N. Komodakis: Paying More Attention to Attention, ICLR 2017, arXiv 1612.03928, with p = 2.
 *            Form: HobbitLong/RepDistiller: distiller_zoo/AT.py, torchdistill: ATLoss with mode `code`; for segmentation
 *            winycg/CIRKD: losses/at.py.
 * Equation   a(F) = N(vec(1/C Σ_c F_c²)), L = 1/B Σ_b red_p (a(F^S) − a(F^T))², N(v) = v / max(‖v‖₂, 1e-12) per image;
 *            red = the sum or the mean over positions p.
 * Taps       one, the last unless `tap` says another; of any number of channels. The teacher's map is resized
 *            (bilinear, corners not aligned) to the student's size before N. No adapter.
 * Reduction  sum over positions by default, mean as in the sources; mean over the batch.
 * Weight     1 with `sum`. CIRKD: 1e4 with `mean`, which at its 64×128 positions is 1.2 with `sum`; RepDistiller: 1000
 *            for classification.
 * Traps      the paper's equation 2 has ‖a^S − a^T‖₂ without the square, its authors' code has the mean of squares, and
 *            others follow the code. With `mean` the effective weight changes with the crop. AT.py pools to a square,
 *            which is wrong for crops that are none. The sources add up several taps; here a recipe has one.
 * Cost       one pass over the tap, forward and back; no parameters of its own.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import type { Method } from '../method.ts';
import { tapOption, tapPair } from '../taps.ts';
import { attention } from './dsd-psd.ts';

const params = z.strictObject({
  tap: tapOption,
  reduction: z.enum(['mean', 'sum']).default('sum').meta({
    title: 'Over positions',
    description: 'Sum (does not depend on the crop) or mean (as in the sources, with weights of 1000 and more)',
  }),
});
type Params = z.output<typeof params>;

export const at: Method<Params> = {
  id: 'at',
  title: 'Attention transfer (AT)',
  citation: 'Zagoruyko, Komodakis: Paying More Attention to Attention. ICLR 2017',
  equation: '‖a(Fˢ) − a(Fᵀ)‖², a(F) = N(mean over channels of F²)',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 2,
  teacherTaps: 'energy',
  loss(inputs, { tap, reduction }) {
    const { student, teacher } = tapPair(inputs, tap);
    const [batch, height, width] = student.shape;
    const ofStudent = attention([student], [height, width]);
    const ofTeacher = attention([teacher], [height, width]);
    return squaredDistance(ofStudent, ofTeacher, batch * (reduction === 'mean' ? height * width : 1));
  },
};
