import { type Scalar, type Tensor, tf } from '../tf.ts';
import { timesScalar } from './combine.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { sumAll } from './reduce.ts';
import { plainLogSoftmax } from './softmax.ts';
import { withGradient } from './with-gradient.ts';

/**
 * T² Σ share · KL(softmax(teacher/T) ‖ softmax(student/T)), the softmax along the last axis, and its gradient with respect
 * to the student's scores, share · T · (P^S − P^T). Scores of −1e30 in both take no part.
 * @param shares what each vector counts: [..., 1], or one number for all
 */
type Divergence = <T extends Tensor>(
  student: T,
  teacher: T,
  temperature: number,
  shares: Tensor | number,
) => { value: Scalar; gradient: T };

function divergenceBy(logSoftmax: (scores: Tensor) => Tensor): Divergence {
  return <T extends Tensor>(student: T, teacher: T, temperature: number, shares: Tensor | number) =>
    tf.tidy(() => {
      const log = (scores: T) => logSoftmax(temperature === 1 ? scores : scores.div(temperature)) as T;
      const logStudent = log(student);
      const logTeacher = log(teacher);
      const likely = logTeacher.exp();
      return {
        value: sumAll(likely.mul(logTeacher.sub(logStudent)).mul(shares)).mul<Scalar>(temperature ** 2),
        gradient: logStudent.exp().sub(likely).mul<T>(tf.mul(shares, temperature)),
      };
    });
}

export const divergences = new Op<Divergence>(
  'divergence',
  {
    plain: divergenceBy(plainLogSoftmax),
    tensorflow: divergenceBy((scores) => runKernel('LogSoftmax', [scores])[0]),
  },
  (form) => [
    ...Object.values(form<Tensor>(wave([2, 3, 5]), wave([2, 3, 5], 1), 0.5, wave([2, 3, 1], 2))),
    ...Object.values(form<Tensor>(wave([3, 5]), wave([3, 5], 1), 1, 0.2)),
  ],
);

/** That value, differentiable with respect to the student's scores; the teacher's and the shares are constant. */
export function divergence<T extends Tensor>(
  student: T,
  teacher: T,
  temperature: number,
  shares: Tensor | number,
): Scalar {
  return withGradient<T, Scalar>(student, (scores) => {
    const { value, gradient } = divergences.form(scores, teacher, temperature, shares);
    return { value, saved: [gradient], gradient: (dy, [g]) => timesScalar(g as T, dy) };
  });
}
