/**
 * FitNets: hints. The student's features, brought to the teacher's channels, are to be the teacher's.
 *
 * Source     A. Romero, N. Ballas, S. E. Kahou, A. Chassang, C. Gatta, Y. Bengio: FitNets: Hints for Thin Deep Nets,
 *            ICLR 2015, arXiv 1412.6550. Form: HobbitLong/RepDistiller: distiller_zoo/FitNet.py; for segmentation
 *            winycg/CIRKD: losses/fitnet.py.
 * Equation   L = mean (r(F^S) − F^T)² over images, positions and channels, r a 1×1 convolution with bias.
 * Taps       one (`tap`, the last where none is named). The teacher's is resized (bilinear) to the student's size.
 *            `adapter`: r where the channels differ (the default), always (as RepDistiller), or never.
 * Reduction  mean over everything.
 * Weight     10 (CIRKD's for segmentation, beside KD). RepDistiller's for classification: 100.
 * Traps      the adapter learns along with the student and is dropped with the run; without it in the optimizer the
 *            student would be drawn towards a random projection. Where the recipe's taps have equal channels there is no
 *            adapter: choose `always` to compare with codes that always have one.
 * Cost       one matrix product over the tap, forward and back twice.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import type { Method } from '../method.ts';
import { adaptedPair, adapterArrays, adapterOption, tapOption } from '../taps.ts';

const params = z.strictObject({ tap: tapOption, adapter: adapterOption });
type Params = z.output<typeof params>;

export const fitnets: Method<Params> = {
  id: 'fitnets',
  title: 'FitNets (hints)',
  citation: 'Romero et al.: FitNets: Hints for Thin Deep Nets. ICLR 2015',
  equation: 'mean of (r(Fˢ) − Fᵀ)², r = 1×1 convolution',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 10,
  copies: 4,
  own: (shapes, { tap, adapter }) => adapterArrays(shapes, tap, adapter),
  loss(inputs, { tap }) {
    const { student, teacher } = adaptedPair(inputs, tap);
    return squaredDistance(student, teacher, student.size);
  },
};
