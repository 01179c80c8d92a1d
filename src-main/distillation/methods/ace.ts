/**
 * Adaptive cross-entropy: the labels softened by what the teacher says, where it says the right thing.
 *
 * Source     S. Park, Y. S. Heo: Knowledge Distillation for Semantic Segmentation Using Channel and Spatial Correlations and
 *            Adaptive Cross Entropy, Sensors 20 (16), 2020. We have read the abstract ("adaptively exploits one-hot
 *            encodings using the ground truth labels and the probability maps predicted by the teacher", against false
 *            knowledge), not the equation: both rules are our reading of it.
 * Equation   q_p = a_p · P^T_p + (1 − a_p) · onehot(y_p), P = softmax over classes of z/T for the teacher and of z for the
 *            student; rule `correct`: a_p = 1 where the teacher's most likely class is y_p, else 0;
 *            rule `confidence`: a_p = P^T_p[y_p]. L = mean_p Σ_c −q_pc log P^S_pc over the valid pixels.
 * Taps       none; logits at the label map's size.
 * Reduction  mean over the valid pixels of the whole batch. No valid pixel: 0, with zero gradient.
 * Weight     1, in place of `ce`; the paper's is not known to us. T = 1.
 * Traps      it is a cross-entropy, not a divergence: where the teacher is unsure it does not go to 0. Outputs of the
 *            teacher that the student does not have are dropped before the softmax.
 * Cost       one pass over both networks' logits; the gradient, P^S − q, is stated directly.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { adaptiveCrossEntropy } from '../../engine/ops/pixel-losses.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import type { Method } from '../method.ts';
import { reduceLabels, requireSameSize, rowsOf, wholeLogits } from '../ops.ts';
import { temperatureOption } from '../options.ts';

const params = z.strictObject({
  rule: z.enum(['correct', 'confidence']).default('correct').meta({
    title: 'Rule',
    description: "The teacher's probabilities where it is right, or as much of them as it gives the true class",
  }),
  temperature: temperatureOption(1, "teacher's logits"),
});

export const ace: Method<z.output<typeof params>> = {
  id: 'ace',
  title: 'Adaptive cross-entropy (ACE)',
  citation:
    'Park, Heo: Knowledge Distillation for Semantic Segmentation Using Channel and Spatial Correlations and Adaptive Cross Entropy. Sensors 20, 2020',
  equation: 'meanₚ Σ −qₚ log softmax(zₚˢ), q = softmax(zᵀ/T) where the teacher is right, else one-hot of yₚ',
  params,
  teacher: true,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 4,
  mass(labels) {
    let count = 0;
    for (const label of labels) if (label !== IGNORE) count++;
    return count;
  },
  loss(inputs, { rule, temperature }) {
    const { student, teacher } = wholeLogits(inputs);
    requireSameSize(student, teacher, 'logits');
    const [, height, width] = student.shape;
    const labels = reduceLabels(inputs.labels!, height, width).flatten();
    return differentiable(rowsOf(student), (z) =>
      adaptiveCrossEntropy.form(z, rowsOf(teacher), labels, rule, temperature),
    );
  },
};
