/**
 * Hinton's knowledge distillation, pixel by pixel.
 *
 * Source     G. Hinton, O. Vinyals, J. Dean: Distilling the Knowledge in a Neural Network, arXiv 1503.02531; for
 *            segmentation as CIRKD writes it (winycg/CIRKD: losses/kd.py, pixels as the batch).
 * Equation   L = T² · 1/(N·H·W) Σ_p Σ_c P^T (log P^T − log P^S), P = softmax over classes of z/T.
 * Taps       none; logits at the label map's size. Ignored pixels take part: the teacher knows something about them.
 * Reduction  KL summed over classes, mean over pixels and batch.
 * Weight     1 at T = 1 (CIRKD's for segmentation). RepDistiller's for classification: T = 4, 0.9 against 0.1 · CE.
 * Traps      other codes divide by the channels too (APD, IFVD: ÷19 on Cityscapes) or not by the batch (SKD), so
 *            weights do not carry over. Outputs of the teacher that the student does not have are dropped before the
 *            softmax.
 * Cost       two log-softmaxes at the label map's size; the gradient T/(N·H·W) · (P^S − P^T) is stated directly.
 */
import { z } from 'zod';
import { sumAll } from '../../engine/ops/reduce.ts';
import { logSoftmax } from '../../engine/ops/softmax.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import type { Scalar, Tensor4D } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, requireSameSize } from '../ops.ts';

const params = z.strictObject({
  temperature: z
    .number()
    .positive()
    .max(1000)
    .default(1)
    .meta({ title: 'Temperature', description: 'Divides the logits before the softmax: higher is softer' }),
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
  copies: 5,
  loss(inputs, { temperature }) {
    const { student, teacher } = logitPair(inputs);
    requireSameSize(student, teacher, 'logits');
    return softDivergence(student, teacher, temperature);
  },
};

/** T² KL(softmax(teacher/T) ‖ softmax(student/T)) over the last axis, averaged over all others; the teacher is constant. */
function softDivergence(student: Tensor4D, teacher: Tensor4D, temperature: number): Scalar {
  const pixels = student.size / student.shape[3];
  const soft = (z: Tensor4D) => logSoftmax.form(temperature === 1 ? z : z.div(temperature));
  return withGradient<Tensor4D, Scalar>(student, (logits) => {
    const logStudent = soft(logits);
    const logTeacher = soft(teacher);
    const likely = logTeacher.exp();
    return {
      value: sumAll(likely.mul(logTeacher.sub(logStudent))).mul(temperature ** 2 / pixels),
      saved: [logStudent.exp().sub(likely)],
      gradient: (dy, [difference]) => difference.mul(dy.mul(temperature / pixels)),
    };
  });
}
