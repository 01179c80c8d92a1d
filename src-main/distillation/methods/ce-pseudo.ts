/**
 * Cross-entropy with what the teacher thinks: its likeliest classes as labels, where there are none.
 *
 * Source     D.-H. Lee: Pseudo-Label, ICML 2013 workshop; for a student that is adapted to a second data set D. Kothandaraman,
 *            A. Nambiar, A. Mittal: Domain Adaptive Knowledge Distillation for Driving Scene Semantic Segmentation, WACV
 *            2021 workshop, arXiv 2011.08007. Form: divyakraman/Domain-Adaptive-Knowledge-Distillation-for-Driving-Scene-
 *            Semantic-Segmentation: utils/loss_targetce.py.
 * Equation   ŷ_p = argmax_c P^T_pc, L = Σ_p m_p · (−log softmax(z_p^S)[ŷ_p]) / Σ_p m_p, m_p = 1 where max_c P^T_pc ≥ threshold,
 *            else 0; P = softmax over classes.
 * Taps       none; logits at the label map's size. No label is read, so that it may count on a target data set.
 * Reduction  mean over the pixels that count of the whole batch. None: 0, with zero gradient.
 * Weight     1 on the source and on the target, threshold 0 (every pixel counts): DAKD's.
 * Traps      what the teacher gets wrong is learnt as if it were true; a threshold (0.9 is usual in self-training) leaves out
 *            what it doubts, which are borders and rare classes first. With a threshold it is no mean over images.
 *            Outputs of the teacher that the student does not have are dropped before the softmax.
 * Cost       two softmaxes over the logits; the gradient, softmax − one-hot, comes out of the student's pass.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { crossEntropy } from '../../engine/ops/cross-entropy.ts';
import { logSoftmax } from '../../engine/ops/softmax.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { type Tensor1D, type Tensor2D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, requireSameSize, rowsOf } from '../ops.ts';

const params = z.strictObject({
  threshold: z.number().min(0).max(1).default(0).meta({
    title: 'Confidence',
    description:
      'How likely the teacher must find its likeliest class for a pixel to count, 0–1; 0: every pixel counts',
  }),
});
type Params = z.output<typeof params>;

export const cePseudo: Method<Params> = {
  id: 'ce.pseudo',
  title: 'Cross-entropy with the teacher’s classes',
  citation:
    'Kothandaraman, Nambiar, Mittal: Domain Adaptive Knowledge Distillation for Driving Scene Semantic Segmentation. WACV workshops 2021',
  equation: 'meanₚ −log softmax(zₚˢ)[ŷₚ], ŷ = argmax of zᵀ, over pixels where softmax(zᵀ)[ŷ] ≥ threshold',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 6,
  decides: ({ threshold }) => (threshold > 0 ? { wholeBatch: true } : {}),
  loss(inputs, { threshold }) {
    const { student, teacher } = logitPair(inputs);
    requireSameSize(student, teacher, 'logits');
    const labels = pseudoLabels(rowsOf(teacher), threshold);
    return differentiable(rowsOf(student), (logits) => crossEntropy.form(logits, labels, null));
  },
};

/** The likeliest class of each row of logits, IGNORE where it is less likely than the threshold. */
function pseudoLabels(logits: Tensor2D, threshold: number): Tensor1D {
  const likeliest = logits.argMax<Tensor1D>(1);
  if (threshold === 0) return likeliest;
  const sure = logSoftmax.form(logits).max<Tensor1D>(1).exp().greaterEqual(threshold);
  return tf.where(sure, likeliest, tf.fill(likeliest.shape, IGNORE, 'int32')) as Tensor1D;
}
