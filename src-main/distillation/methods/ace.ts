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
 * Cost       two softmaxes over the logits; the gradient, P^S − q, is stated directly.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { timesScalar } from '../../engine/ops/combine.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { logSoftmax } from '../../engine/ops/softmax.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor1D, type Tensor2D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, reduceLabels, requireSameSize } from '../ops.ts';
import { temperatureOption } from '../options.ts';

const params = z.strictObject({
  rule: z.enum(['correct', 'confidence']).default('correct').meta({
    title: 'Rule',
    description: "The teacher's probabilities where it is right, or as much of them as it gives the true class",
  }),
  temperature: temperatureOption(1, "teacher's logits"),
});
type Params = z.output<typeof params>;

export const ace: Method<Params> = {
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
  copies: 10,
  mass(labels) {
    let count = 0;
    for (const label of labels) if (label !== IGNORE) count++;
    return count;
  },
  loss(inputs, options) {
    const { student, teacher } = logitPair(inputs);
    requireSameSize(student, teacher, 'logits');
    const [, height, width, classes] = student.shape;
    const labels = reduceLabels(inputs.labels!, height, width).flatten();
    const rows: [number, number] = [-1, classes];
    return softened(student.reshape(rows), teacher.reshape(rows), labels, options);
  },
};

function softened(student: Tensor2D, teacher: Tensor2D, labels: Tensor1D, { rule, temperature }: Params): Scalar {
  return withGradient<Tensor2D, Scalar>(student, (logits) => {
    const valid = labels.notEqual(IGNORE).cast<Tensor1D>('float32');
    const known = labels.mul<Tensor1D>(valid.cast('int32'));
    const oneHot = tf.oneHot(known, logits.shape[1]).cast<Tensor2D>('float32');
    const taught = logSoftmax.form(teacher.div(temperature)).exp() as Tensor2D;
    const right =
      rule === 'correct'
        ? taught.argMax(1).equal(known).cast<Tensor1D>('float32')
        : taught.mul(oneHot).sum<Tensor1D>(1);
    const wanted = oneHot.add<Tensor2D>(taught.sub(oneHot).mul(right.expandDims(1)));
    const share = valid.div<Tensor1D>(sumAll(valid).maximum(1)).expandDims<Tensor2D>(1);
    const log = logSoftmax.form(logits) as Tensor2D;
    return {
      value: sumAll(wanted.mul(log).mul(share)).neg(),
      saved: [log.exp().sub<Tensor2D>(wanted).mul<Tensor2D>(share)],
      gradient: (dy, [g]) => timesScalar(g as Tensor2D, dy),
    };
  });
}
