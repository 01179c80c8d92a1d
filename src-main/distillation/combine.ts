/**
 * Several teachers as one: their logits combined, pixel by pixel.
 *
 * Mean        z = 1/K Σ_k z_k. At any temperature T softmax(z/T) is the geometric mean of the teachers' softmax(z_k/T),
 *             made to sum to 1: one of the two means that G. Hinton, O. Vinyals and J. Dean (Distilling the Knowledge in a
 *             Neural Network, arXiv 1503.02531) name for an ensemble as the teacher. The other one, of the probabilities
 *             (S. You et al., Learning from Multiple Teacher Networks, KDD 2017), is of one temperature, and each method
 *             has its own; it also is no longer the same once logits are resized or pooled, as the mean of logits is.
 * Best class  z at a pixel of class c is that of the teacher that is best at c; the mean where the label is ignored, or no
 *             teacher is good at c at all.
 *
 * Outputs that the student does not have are left out, for they need not mean the same in each teacher.
 */
import { type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { type BestTeachers, teacherShares } from './best-teachers.ts';
import { nearestLabels } from './ops.ts';

/** The teachers beside the first one. */
export interface OtherTeachers {
  /** Of each, [N, h, w, outputs] at its own stride. */
  logits: readonly Tensor4D[];
  /** Null: the mean of all. */
  best: BestTeachers | null;
}

/**
 * @param logits of each teacher, all of one height and width, of `classes` outputs at least
 * @param classes the student's outputs
 * @param labels int32 [N, H, W], 255 = ignore, of any size (the nearest are taken); read where there is a best teacher
 * @returns [N, h, w, classes]
 */
export function combineLogits(
  logits: readonly Tensor4D[],
  classes: number,
  best: BestTeachers | null,
  labels?: Tensor3D,
): Tensor4D {
  return tf.tidy(() => {
    const known = logits.map((one) => withClasses(one, classes));
    if (best === null) return tf.addN(known).div<Tensor4D>(known.length);
    const [images, height, width] = logits[0].shape;
    const classOf = nearestLabels(labels!, [height, width]).dataSync<'int32'>();
    const shares = teacherShares(classOf, best, known.length);
    return tf.addN(
      known.map((one, k) => one.mul<Tensor4D>(tf.tensor4d(shares[k], [images, height, width, 1], 'float32'))),
    );
  });
}

function withClasses(logits: Tensor4D, classes: number): Tensor4D {
  const [images, height, width, outputs] = logits.shape;
  return outputs === classes ? logits : logits.slice([0, 0, 0, 0], [images, height, width, classes]);
}
