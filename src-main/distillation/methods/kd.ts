/**
 * Hinton's knowledge distillation, pixel by pixel.
 *
 * Source     G. Hinton, O. Vinyals, J. Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531; for
 *            segmentation as CIRKD writes it (winycg/CIRKD: losses/kd.py, pixels as the batch).
 * Equation   L = T² · 1/(N·H·W) Σ_p Σ_c P^T (log P^T − log P^S), P = softmax over classes of z/T.
 * Taps       none; logits at the label map's size. Ignored pixels take part: the teacher knows something about them.
 * Reduction  mean over pixels and batch; over classes the `sum`, which is KL, or the `mean`, which is 1/C of it: APD's L_kl
 *            and IFVD's (PyTorch's KLDivLoss('mean')).
 * Weight     1 at T = 1 (CIRKD's for segmentation). RepDistiller's for classification: T = 4, 0.9 against 0.1 · CE. APD
 *            and IFVD: 10 with `mean`, T = 1.
 * Traps      `mean` makes the weight depend on the number of classes (÷19 on Cityscapes, ÷150 on ADE20K), and SKD does not
 *            divide by the batch, so weights do not carry over. Outputs of the teacher that the student does not have are
 *            dropped before the softmax.
 * Cost       two softmaxes at the label map's size; one pass gives the value and the gradient T/(N·H·W) · (P^S − P^T).
 */
import { z } from 'zod';
import { pixelDivergence } from '../../engine/ops/pixel-losses.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { type Tensor1D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { requireSameSize, rowsOf, wholeLogits } from '../ops.ts';
import { temperatureOption } from '../options.ts';

const params = z.strictObject({
  temperature: temperatureOption(1),
  reduction: z.enum(['sum', 'mean']).default('sum').meta({
    title: 'Over classes',
    description: 'Sum (the divergence) or mean (as in APD and IFVD, with weight 10)',
  }),
});
type Params = z.output<typeof params>;

export const kd: Method<Params> = {
  id: 'kd',
  title: 'Hinton KD',
  citation: 'Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network. arXiv 1503.02531, 2015',
  equation: 'T² · meanₚ KL(softmax(zᵀ/T) ‖ softmax(zˢ/T)), summed over classes',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 4,
  loss(inputs, { temperature, reduction }) {
    const { student, teacher } = wholeLogits(inputs);
    requireSameSize(student, teacher, 'logits');
    const rows = rowsOf(student);
    const [pixels] = rows.shape;
    const shares = tf.fill([pixels], 1 / (reduction === 'mean' ? student.size : pixels)) as Tensor1D;
    return differentiable(rows, (z) => pixelDivergence.form(z, rowsOf(teacher), shares, temperature));
  },
};
