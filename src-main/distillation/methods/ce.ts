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
 * Cost       one softmax over the logits. The gradient, softmax − one-hot, comes out of the same pass.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { Problem } from '../../contract/problem.ts';
import { crossEntropy } from '../../engine/ops/cross-entropy.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor1D, type Tensor2D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { reduceLabels } from '../ops.ts';

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
    return weightedCrossEntropy(logits.reshape([-1, classes]), truth.flatten(), classWeights);
  },
};

/** Σ wₚ lₚ / Σ wₚ of logits [P, C] and P labels; wₚ is 0 where the label is ignored. */
function weightedCrossEntropy(logits: Tensor2D, labels: Tensor1D, classWeights: number[] | null): Scalar {
  return differentiable(logits, (z) => crossEntropy.form(z, labels, classWeights && tf.tensor1d(classWeights)));
}
