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
import { IGNORE } from '../contract/dataset.ts';
import { type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { nearestLabels } from './ops.ts';

/** By class the place of the teacher that is best at it, counted from 0; null: none is. */
export type BestTeachers = readonly (number | null)[];

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

/** What each teacher counts at each pixel: [teacher][pixel], 1 in all. */
export function teacherShares(labels: ArrayLike<number>, best: BestTeachers, teachers: number): Float32Array[] {
  const shares = Array.from({ length: teachers }, () => new Float32Array(labels.length));
  for (let p = 0; p < labels.length; p++) {
    const chosen = labels[p] === IGNORE ? null : best[labels[p]];
    if (chosen !== null) shares[chosen][p] = 1;
    else for (const share of shares) share[p] = 1 / teachers;
  }
  return shares;
}

/**
 * By class the teacher of the largest IoU, the first of those that are equally good; null where no teacher has any.
 * @param ious of each teacher by class, 0–1; null where the class is neither in the truth nor predicted
 */
export function bestTeachersOf(ious: readonly (readonly (number | null)[])[], classes: number): (number | null)[] {
  return Array.from({ length: classes }, (_, c) => {
    const of = ious.map((teacher) => teacher[c] ?? 0);
    const most = Math.max(...of);
    return most > 0 ? of.indexOf(most) : null;
  });
}

function withClasses(logits: Tensor4D, classes: number): Tensor4D {
  const [images, height, width, outputs] = logits.shape;
  return outputs === classes ? logits : logits.slice([0, 0, 0, 0], [images, height, width, classes]);
}
