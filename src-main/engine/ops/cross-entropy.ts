import { type Scalar, type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel, runOwnKernel, withEmpty } from './kernels.ts';
import { sumAll } from './reduce.ts';
import { plainLogSoftmax } from './softmax.ts';

/**
 * Softmax cross-entropy of logits [pixels, classes] with a class per pixel (int32 [pixels]; one outside the classes is
 * ignored), weighed by class: Σ w(y) · −log softmax(z)[y] / Σ w(y), and its gradient with respect to the logits; 0 where
 * all pixels are ignored.
 * @param weights [classes]; null: all 1
 */
type CrossEntropy = (
  logits: Tensor2D,
  labels: Tensor1D,
  weights: Tensor1D | null,
) => { value: Scalar; gradient: Tensor2D };

/**
 * −log softmax(z)[y] of each pixel, and its gradient with respect to that pixel's logits, softmax − one-hot. Classes as
 * int32 [pixels], all of them known.
 */
type PerPixel = (logits: Tensor2D, classOf: Tensor1D) => { losses: Tensor1D; gradient: Tensor2D };

const plainPixels: PerPixel = (logits, classOf) => {
  const log = plainLogSoftmax(logits);
  const oneHot = tf.oneHot(classOf, logits.shape[1]).cast('float32');
  return { losses: oneHot.mul(log).sum<Tensor1D>(-1).neg(), gradient: log.exp().sub<Tensor2D>(oneHot) };
};

const kernelPixels: PerPixel = (logits, classOf) => {
  const kernel = 'SparseSoftmaxCrossEntropyWithLogits';
  const [losses, gradient] = runKernel(kernel, [logits, classOf], { intTypes: ['Tlabels'] }, 2);
  return { losses: losses as Tensor1D, gradient: gradient as Tensor2D };
};

function weighed(perPixel: PerPixel): CrossEntropy {
  return (logits, labels, weights) =>
    tf.tidy(() => {
      const known = labels.greaterEqual(0).logicalAnd(labels.less(logits.shape[1]));
      // Ignored pixels read class 0, which exists, and count with weight 0.
      const classOf: Tensor1D = labels.mul(known.cast('int32'));
      const counted = known.cast<Tensor1D>('float32');
      const weight = weights ? tf.gather(weights, classOf).mul<Tensor1D>(counted) : counted;
      const sum = sumAll(weight);
      const share = weight.div<Tensor1D>(sum.add(sum.equal(0).cast('float32')));
      const { losses, gradient } = perPixel(logits, classOf);
      return { value: sumAll(losses.mul(share)), gradient: gradient.mul<Tensor2D>(share.reshape([-1, 1])) };
    });
}

const TRIAL_LABELS = [0, 2, 255, 1, 1];

export const crossEntropy = new Op<CrossEntropy>(
  'cross-entropy',
  {
    plain: weighed(plainPixels),
    tensorflow: weighed(kernelPixels),
    own: (logits, labels, weights) =>
      withEmpty((none) => {
        const [value, gradient] = runOwnKernel('CrossEntropy', [logits, labels, weights ?? none], 2);
        return { value: value as Scalar, gradient: gradient as Tensor2D };
      }),
  },
  (form) => {
    const labels = tf.tensor1d(TRIAL_LABELS, 'int32');
    const logits = wave<Tensor2D>([TRIAL_LABELS.length, 3]);
    return [null, tf.tensor1d([0.5, 2, 1])].flatMap((weights) => Object.values(form(logits, labels, weights)));
  },
);
