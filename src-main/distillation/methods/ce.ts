/**
 * Cross-entropy with the labels: what the student learns without a teacher.
 *
 * Equation   L = Σ_p w(y_p) · (−log softmax(z_p)[y_p]) / Σ_p w(y_p), over pixels p with y_p ≠ 255; w = 1 unless given.
 *            With class weights it is the weighted mean, as PyTorch's `cross_entropy(weight=…, ignore_index=255)`.
 * Taps       none; logits at the label map's size (in training upsampled to it).
 * Reduction  mean over the valid pixels of the whole batch, not image by image. No valid pixel: 0, with zero gradient.
 * Weight     1: the measure that other terms are weighed against.
 * Traps      class weights change what is learnt far more than they seem to (SegNet's cost 5 points of test mIoU on
 *            CamVid in a short budget), so none is the default.
 * Cost       one softmax over the logits. The gradient, softmax − one-hot, comes out of the same pass; on TensorFlow's
 *            own kernels no one-hot is ever made.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { Problem } from '../../contract/problem.ts';
import { type Scalar, type Tensor2D, type Tensor3D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { reduceLabels, sumAll, withGradient } from '../ops.ts';
import { softmaxCrossEntropy } from '../softmax.ts';

const params = z.strictObject({
  classWeights: z
    .array(z.number().min(0))
    .nullable()
    .default(null)
    .meta({ title: 'Class weights', description: 'One weight per class, in the order of the classes; none: all 1' }),
});
type Params = z.output<typeof params>;

export const ce: Method<Params> = {
  id: 'ce',
  title: 'Cross-entropy',
  citation: 'Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation. CVPR 2015',
  equation: 'Σₚ w(yₚ) · (−log softmax(zₚ)[yₚ]) / Σₚ w(yₚ), over pixels with yₚ ≠ ignore',
  params,
  teacher: false,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 2,
  mass(labels, { classWeights }) {
    let sum = 0;
    for (const label of labels) if (label !== IGNORE) sum += classWeights?.[label] ?? 1;
    return sum;
  },
  loss({ student, labels }, { classWeights }) {
    const logits = student.logits!;
    const [, height, width, classes] = logits.shape;
    if (classWeights && classWeights.length !== classes) {
      throw new Problem(`ce has ${classWeights.length} class weights for ${classes} classes.`, {
        where: 'classWeights',
        next: 'Give one weight per class, or none.',
      });
    }
    const truth = reduceLabels(labels!, height, width);
    return weightedCrossEntropy(logits.reshape([-1, classes]), truth, classWeights);
  },
};

/** Logits [P, C] and labels of P elements in any shape → Σ wₚ lₚ / Σ wₚ; wₚ is 0 where the label is ignored. */
function weightedCrossEntropy(logits: Tensor2D, truth: Tensor3D, classWeights: number[] | null): Scalar {
  return withGradient<Tensor2D, Scalar>(logits, (z) => {
    const valid = truth.notEqual(IGNORE);
    // Ignored pixels read class 0, which exists, and count with weight 0.
    const classOf: Tensor3D = truth.mul(valid.cast('int32'));
    const counted = valid.cast('float32');
    const weight = classWeights ? tf.gather(tf.tensor1d(classWeights), classOf).mul(counted) : counted;
    const sum = sumAll(weight);
    const share = weight.div(sum.add(sum.equal(0).cast('float32')));
    const { losses, gradient } = softmaxCrossEntropy(z, classOf.flatten());
    return {
      value: sumAll(losses.reshape(truth.shape).mul(share)),
      saved: [gradient, share],
      gradient: (dy, [g, s]) => g.mul(s.mul(dy).reshape([-1, 1])),
    };
  });
}
