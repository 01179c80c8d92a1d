/**
 * DIST: the teacher's order of classes at each pixel and of pixels for each class, not its numbers.
 *
 * Source     T. Huang, S. You, F. Wang, C. Qian, C. Xu: Knowledge Distillation from A Stronger Teacher, NeurIPS 2022,
 *            arXiv 2205.10536. Form: hunto/DIST_KD: segmentation/losses/dist_kd.py; torchdistill: DISTLoss.
 * Equation   P = softmax over classes of z/T, ρ = Pearson's correlation,
 *            L = β · (1 − mean over pixels of ρ(P^S_p, P^T_p) over classes)
 *              + γ · (1 − mean over classes of ρ(P^S_c, P^T_c) over all pixels of the batch).
 * Taps       none; logits at the student's stride, the teacher's average-pooled to it.
 * Reduction  means over pixels and over classes. The second part correlates over the whole batch, so with γ > 0 a batch
 *            cannot be computed in parts.
 * Weight     1 with β = γ = 1 and T = 1: hunto/DIST_KD's for segmentation.
 * Traps      no T² in front; the authors' code for classification, and torchdistill, have it. A correlation does not see
 *            size: a class that is nowhere in the batch has probabilities near 0, and their noise counts as much as the
 *            shape of any other class. What varies by less than 1e-8 counts as uncorrelated and has no gradient (the
 *            sources add or clamp at 1e-8). Ignored pixels take part.
 * Cost       two softmaxes at the student's stride and a few passes over them; no parameters of its own.
 */
import { z } from 'zod';
import { pearsonDistance } from '../../engine/ops/pearson.ts';
import { softened } from '../../engine/ops/softmax.ts';
import type { Tensor2D, Tensor4D } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, requireSameSize } from '../ops.ts';
import { temperatureOption } from '../options.ts';

const share = z.number().min(0).max(1000).default(1);
const params = z.strictObject({
  beta: share.meta({ title: 'β, over classes', description: 'Weight of the correlation over classes at each pixel' }),
  gamma: share.meta({ title: 'γ, over pixels', description: 'Weight of the correlation over pixels for each class' }),
  temperature: temperatureOption(1),
});
type Params = z.output<typeof params>;

export const dist: Method<Params> = {
  id: 'dist',
  title: 'DIST',
  citation: 'Huang et al.: Knowledge Distillation from A Stronger Teacher. NeurIPS 2022',
  equation:
    'β · (1 − meanₚ ρ over classes) + γ · (1 − mean over classes of ρ over pixels), ρ = Pearson of softmax(z/T)',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'student',
  defaultWeight: 1,
  copies: 16,
  decides: ({ gamma }) => ({ wholeBatch: gamma > 0 }),
  loss(inputs, { beta, gamma, temperature }) {
    const pair = logitPair(inputs);
    requireSameSize(pair.student, pair.teacher, 'logits');
    const classes = pair.student.shape[3];
    const likely = (logits: Tensor4D) => softened(logits, temperature).reshape<Tensor2D>([-1, classes]);
    const [student, teacher] = [likely(pair.student), likely(pair.teacher)];
    const overClasses = pearsonDistance(student, teacher).mul(beta);
    const overPixels = pearsonDistance(student.transpose(), teacher.transpose()).mul(gamma);
    return overClasses.add(overPixels);
  },
};
