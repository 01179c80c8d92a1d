import { type Scalar, type Tensor, tf } from '../tf.ts';
import { sumAll } from './reduce.ts';
import { differentiable } from './with-gradient.ts';

/**
 * T² Σ share · KL(softmax(teacher/T) ‖ softmax(student/T)), the softmax along one axis, and its gradient with respect to
 * the student's scores, share · T · (P^S − P^T). Scores of −1e30 in both take no part.
 * @param shares what each vector counts: a tensor in which that axis has the length 1, or one number for all
 * @param axis of the softmax; the last unless given
 */
export function divergenceOf<T extends Tensor>(
  student: T,
  teacher: T,
  temperature: number,
  shares: Tensor | number,
  axis = -1,
): { value: Scalar; gradient: T } {
  return tf.tidy(() => {
    const ofStudent = powers(student, temperature, axis);
    const ofTeacher = powers(teacher, temperature, axis);
    const likely = ofTeacher.powers.div<T>(ofTeacher.sum);
    // Σ P^T (log P^T − log P^S), with the logarithms of the two sums taken out: a pass over each vector's sum only.
    const apart = tf.tidy(() => likely.mul(ofTeacher.scores.sub(ofStudent.scores)).sum(axis, true));
    const each = apart.add(ofStudent.sum.log()).sub(ofTeacher.sum.log());
    const slope = tf.mul(shares, temperature);
    return {
      value: sumAll(each.mul(shares)).mul<Scalar>(temperature ** 2),
      gradient: ofStudent.powers.mul(slope.div(ofStudent.sum)).sub<T>(likely.mul(slope)),
    };
  });
}

/** Scores divided by the temperature, less the largest; their powers of e; and the sum of these. */
function powers<T extends Tensor>(scores: T, temperature: number, axis: number): { scores: T; powers: T; sum: T } {
  return tf.tidy(() => {
    const soft = temperature === 1 ? scores : scores.div<T>(temperature);
    const below = soft.sub<T>(soft.max(axis, true));
    const powers = below.exp<T>();
    return { scores: below, powers, sum: powers.sum<T>(axis, true) };
  });
}

/** That value, differentiable with respect to the student's scores; the teacher's and the shares are constant. */
export function divergence<T extends Tensor>(
  student: T,
  teacher: T,
  temperature: number,
  shares: Tensor | number,
  axis = -1,
): Scalar {
  return differentiable(student, (scores) => divergenceOf(scores, teacher, temperature, shares, axis));
}
