/**
 * Inter-channel correlation: which channels go together, as in the teacher's features.
 *
 * Source     L. Liu, Q. Huang, S. Lin, H. Xie, B. Wang, X. Chang, X. Liang: Inter-Channel Correlation for Knowledge
 *            Distillation, ICCV 2021. Form: ADLab-AutoDrive/ICKD: Cifar100/distiller_zoo/ICKD.py (÷N),
 *            ImageNet/torchdistill/losses/single.py and torchdistill: ChSimLoss (÷N²).
 * Equation   G = F Fᵀ over positions, C×C, each row of unit length,
 *            L = 1/(C·N) Σ_n Σ_ij (G^S_ij − G^T_ij)²; `batch` = squared: 1/(C·N²).
 * Taps       one, the last unless `tap` says another; of any sizes. `adapter`: a 1×1 convolution of the student's where the
 *            channels differ (the default), always, or never.
 * Reduction  sum over a row, mean over rows; mean over the batch, or as `batch` says.
 * Weight     2.5 with `mean`, the authors' on CIFAR-100. torchdistill: 500 with `squared` at a batch of 256, which with
 *            `mean` is 2.
 * Traps      ÷N² makes the weight depend on the batch, hence `mean` is the default. For segmentation they cut the map into patches, one matrix each; they
 *            gave no code for that. A channel of zeros is a row of zeros and has no gradient.
 * Cost       C²·positions multiplications three times for each image; no parameters of its own.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { direction } from '../../engine/ops/unit.ts';
import { type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { pixelsOf } from '../ops.ts';
import { adaptedStudent, adapterArrays, adapterOption, chosen, tapOption } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  adapter: adapterOption,
  batch: z.enum(['mean', 'squared']).default('mean').meta({
    title: 'Over the batch',
    description: 'Mean, or divided by the square of the batch (as in torchdistill, with a weight of 500)',
  }),
});
type Params = z.output<typeof params>;

export const ickd: Method<Params> = {
  id: 'ickd',
  title: 'Inter-channel correlation (ICKD)',
  citation: 'Liu et al.: Inter-Channel Correlation for Knowledge Distillation. ICCV 2021',
  equation: '1/C ‖N(Fˢ Fˢᵀ) − N(Fᵀ Fᵀᵀ)‖², rows of unit length (C×C per image)',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 2.5,
  copies: 1,
  decides: ({ batch }) => ({ wholeBatch: batch === 'squared' }),
  besides: ([, , channels]) => 6 * channels ** 2,
  own: (shapes, { tap, adapter }) => adapterArrays(shapes, tap, adapter),
  loss(inputs, { tap, batch }) {
    const student = adaptedStudent(inputs, tap);
    const teacher = chosen(inputs.teacher!.taps, tap);
    const [count, , , channels] = student.shape;
    return squaredDistance(together(student), together(teacher), channels * count * (batch === 'squared' ? count : 1));
  },
};

/** F Fᵀ of each image, its rows of unit length: [N, C, C]. */
function together(tap: Tensor4D): Tensor3D {
  const pixels = pixelsOf(tap);
  return direction(tf.matMul(pixels, pixels, true));
}
