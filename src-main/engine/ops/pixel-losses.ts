/**
 * Losses of pixels by the softmax over their classes, and their gradients with respect to the student's logits [pixels,
 * classes]. Labels are int32 [pixels]; one outside the classes is unknown and counts nothing. A teacher's logits may have
 * further outputs behind the classes, which are left out before the softmax.
 */
import { type Scalar, type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { divergenceOf } from './divergence.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { sumAll } from './reduce.ts';
import { plainLogSoftmax } from './softmax.ts';

interface Loss {
  value: Scalar;
  gradient: Tensor2D;
}

/** A kernel's value and gradient. */
function byKernel(...call: Parameters<typeof runOwnKernel>): Loss {
  const [value, gradient] = runOwnKernel(...call);
  return { value: value as Scalar, gradient: gradient as Tensor2D };
}

/** Of labels: which are known (1 or 0), the classes with 0 for the others, and these one-hot. */
function knownOf(labels: Tensor1D, classes: number) {
  const known = labels.greaterEqual(0).cast<Tensor1D>('int32').mul<Tensor1D>(labels.less(classes).cast('int32'));
  const counted = known.cast<Tensor1D>('float32');
  const classOf = labels.mul<Tensor1D>(known);
  return { counted, classOf, oneHot: tf.oneHot(classOf, classes).cast<Tensor2D>('float32') };
}

/** −log softmax(z)[y] of each pixel, 0 where its label is unknown. */
export const pixelLosses = new Op<(logits: Tensor2D, labels: Tensor1D) => Tensor1D>(
  'losses of pixels',
  {
    plain: (logits, labels) =>
      tf.tidy(() => {
        const { oneHot, counted } = knownOf(labels, logits.shape[1]);
        return plainLogSoftmax(logits).mul(oneHot).sum<Tensor1D>(1).mul<Tensor1D>(counted).neg();
      }),
    own: (logits, labels) => runOwnKernel('PixelLosses', [logits, labels], 1)[0] as Tensor1D,
  },
  (form) => [form(wave([5, 3]), TRIAL_LABELS())],
);

/** Σ weight · −log softmax(z)[y], with a weight for each pixel. */
export const weightedPixels = new Op<(logits: Tensor2D, labels: Tensor1D, weights: Tensor1D) => Loss>(
  'weighted losses of pixels',
  {
    plain: (logits, labels, weights) =>
      tf.tidy(() => {
        const { oneHot, counted } = knownOf(labels, logits.shape[1]);
        const each = weights.mul(counted).expandDims<Tensor2D>(1);
        const log = plainLogSoftmax(logits);
        return {
          value: sumAll(log.mul(oneHot).mul(each)).neg(),
          gradient: log.exp().sub(oneHot).mul<Tensor2D>(each),
        };
      }),
    own: (logits, labels, weights) => byKernel('WeightedPixels', [logits, labels, weights], 2),
  },
  (form) => Object.values(form(wave([5, 3]), TRIAL_LABELS(), tf.tensor1d([1, 0.5, 3, 0, 2]))),
);

/** T² Σ share · KL(softmax(teacher/T) ‖ softmax(student/T)), with a share for each pixel. */
export const pixelDivergence = new Op<
  (student: Tensor2D, teacher: Tensor2D, shares: Tensor1D, temperature: number) => Loss
>(
  'divergence of pixels',
  {
    plain: (student, teacher, shares, temperature) =>
      tf.tidy(() => divergenceOf(student, ofClasses(teacher, student), temperature, shares.expandDims(1))),
    own: (student, teacher, shares, temperature) =>
      byKernel('PixelDivergence', [student, teacher, shares], 2, { floats: { temperature } }),
  },
  (form) => Object.values(form(wave([5, 3]), wave([5, 4], 1), tf.tensor1d([1, 0.5, 3, 0, 2]), 0.5)),
);

/** What of a teacher's softened probabilities goes into the labels: all where they are right, or as much as they are. */
export type AdaptiveRule = 'correct' | 'confidence';

/**
 * The mean over the pixels with a label of Σ −q log softmax(student), q = a · softmax(teacher/T) + (1 − a) · one-hot. a: 1
 * where the teacher's likeliest class is the label, else 0; by `confidence` the probability that it gives to the label.
 */
export const adaptiveCrossEntropy = new Op<
  (student: Tensor2D, teacher: Tensor2D, labels: Tensor1D, rule: AdaptiveRule, temperature: number) => Loss
>(
  'adaptive cross-entropy',
  {
    plain: (student, teacher, labels, rule, temperature) =>
      tf.tidy(() => {
        const { oneHot, counted, classOf } = knownOf(labels, student.shape[1]);
        const taught = plainLogSoftmax(ofClasses(teacher, student).div(temperature)).exp() as Tensor2D;
        const right =
          rule === 'correct'
            ? taught.argMax(1).equal(classOf).cast<Tensor1D>('float32')
            : taught.mul(oneHot).sum<Tensor1D>(1);
        const wanted = oneHot.add<Tensor2D>(taught.sub(oneHot).mul(right.expandDims(1)));
        const share = counted.div<Tensor1D>(sumAll(counted).maximum(1)).expandDims<Tensor2D>(1);
        const log = plainLogSoftmax(student);
        return {
          value: sumAll(wanted.mul(log).mul(share)).neg(),
          gradient: log.exp().sub(wanted).mul<Tensor2D>(share),
        };
      }),
    own: (student, teacher, labels, rule, temperature) =>
      byKernel('AdaptiveCrossEntropy', [student, teacher, labels], 2, {
        floats: { temperature },
        counts: { confidence: rule === 'confidence' ? 1 : 0 },
      }),
  },
  (form) =>
    (['correct', 'confidence'] as const).flatMap((rule) =>
      Object.values(form(wave([5, 3]), wave([5, 4], 1), TRIAL_LABELS(), rule, 0.5)),
    ),
);

function ofClasses(teacher: Tensor2D, student: Tensor2D): Tensor2D {
  const classes = student.shape[1];
  return teacher.shape[1] === classes ? teacher : teacher.slice([0, 0], [-1, classes]);
}

const TRIAL_LABELS = () => tf.tensor1d([0, 2, 255, 1, 1], 'int32');
