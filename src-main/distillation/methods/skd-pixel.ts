/**
 * Pixel-wise distillation of SKD: the teacher's probabilities as soft labels.
 *
 * Source     Y. Liu, K. Chen, C. Liu, Z. Qin, Z. Luo, J. Wang: Structured Knowledge Distillation for Semantic
 *            Segmentation, CVPR 2019, arXiv 1903.04197. Form: irfanICMLL/structure_knowledge_distillation:
 *            utils/criterion.py (CriterionPixelWise).
 * Equation   L = 1/(N·H·W) Σ_p Σ_c −P^T log P^S, P = softmax over classes of z. It is KL + the teacher's entropy, so it
 *            learns as `kd` with T = 1 does, and is not 0 for equal networks.
 * Taps       none; logits at the student's stride, the teacher's average-pooled to it.
 * Reduction  cross-entropy summed over classes, mean over pixels and over the batch.
 * Weight     10: the paper's for both its pixel-wise and its pair-wise part.
 * Traps      the authors' code divides by H·W but not by N, so that its weight of 10 at a batch of N is 10·N here.
 *            Ignored pixels take part. Outputs of the teacher that the student does not have are dropped before the
 *            softmax.
 * Cost       two log-softmaxes at the student's stride; the gradient (P^S − P^T)/(N·H·W) is stated directly.
 */
import { z } from 'zod';
import { divergence } from '../../engine/ops/divergence.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { logSoftmax } from '../../engine/ops/softmax.ts';
import type { Method } from '../method.ts';
import { logitPair, requireSameSize } from '../ops.ts';

export const skdPixel: Method<Record<string, never>> = {
  id: 'skd.pixel',
  title: 'SKD: pixel-wise',
  citation: 'Liu et al.: Structured Knowledge Distillation for Semantic Segmentation. CVPR 2019',
  equation: 'meanₚ Σ over classes of −softmax(zᵀ) · log softmax(zˢ)',
  params: z.strictObject({}),
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'student',
  defaultWeight: 10,
  copies: 7,
  loss(inputs) {
    const { student, teacher } = logitPair(inputs);
    requireSameSize(student, teacher, 'logits');
    const pixels = student.size / student.shape[3];
    const log = logSoftmax.form(teacher);
    const entropy = sumAll(log.exp().mul(log)).div(-pixels);
    return divergence(student, teacher, 1, 1 / pixels).add(entropy);
  },
};
