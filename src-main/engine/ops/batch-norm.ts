/** Batch normalisation over batch, height and width of an NHWC tensor, as PyTorch's BatchNorm2d. */
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { sumPixels } from './reduce.ts';

export interface BatchNormed {
  y: Tensor4D;
  /** Of this batch; the variance is the unbiased one (÷ n − 1), which goes into the running variance. */
  mean: Tensor1D;
  variance: Tensor1D;
  /** What the gradient needs. */
  saved: Tensor[];
}

export interface BatchNormGradients {
  input: Tensor4D;
  scale: Tensor1D;
  offset: Tensor1D;
}

/** Each form's gradient reads what its own forward saved. */
interface Training {
  forward(x: Tensor4D, scale: Tensor1D, offset: Tensor1D, epsilon: number): BatchNormed;
  gradient(dy: Tensor4D, x: Tensor4D, scale: Tensor1D, saved: Tensor[], epsilon: number): BatchNormGradients;
}

const plain: Training = {
  forward: (x, scale, offset, epsilon) => {
    const count = x.size / x.shape[3];
    const { y, mean, variance, inverse } = tf.tidy(() => {
      const mean = sumPixels(x).div<Tensor1D>(count);
      const centred = x.sub<Tensor4D>(mean);
      const biased = sumPixels(centred.square()).div<Tensor1D>(count);
      const inverse = biased.add<Tensor1D>(epsilon).rsqrt();
      const y = centred.mul(inverse.mul(scale)).add<Tensor4D>(offset);
      return { y, mean, variance: biased.mul<Tensor1D>(count / Math.max(count - 1, 1)), inverse };
    });
    return { y, mean, variance, saved: [mean.clone(), inverse] };
  },
  gradient: (dy, x, scale, saved) => {
    const count = x.size / x.shape[3];
    const [mean, inverse] = saved as Tensor1D[];
    return tf.tidy(() => {
      const normal = x.sub<Tensor4D>(mean).mul<Tensor4D>(inverse);
      const dOffset = sumPixels(dy);
      const dScale = sumPixels(dy.mul(normal));
      const input = dy
        .sub(dOffset.div(count))
        .sub(normal.mul(dScale.div(count)))
        .mul<Tensor4D>(inverse.mul(scale));
      return { input, scale: dScale, offset: dOffset };
    });
  },
};

const tensorflow: Training = {
  forward: (x, scale, offset, epsilon) => {
    // With empty running statistics and factor 1 the kernel gives back those of the batch.
    const none = tf.tensor1d([], 'float32');
    const inputs = [x, scale, offset, none, none];
    const [y, mean, variance, ...saved] = runKernel('FusedBatchNormV3', inputs, kernelAttributes(epsilon), 6);
    none.dispose();
    return { y: y as Tensor4D, mean: mean as Tensor1D, variance: variance as Tensor1D, saved };
  },
  gradient: (dy, x, scale, saved, epsilon) => {
    const inputs = [dy, x, scale, ...saved];
    const outputs = runKernel('FusedBatchNormGradV3', inputs, kernelAttributes(epsilon), 5);
    const [input, dScale, dOffset, ...rest] = outputs;
    tf.dispose(rest);
    return { input: input as Tensor4D, scale: dScale as Tensor1D, offset: dOffset as Tensor1D };
  },
};

const TRIAL = [2, 3, 4, 3];

export const batchNorm = new Op('batch norm', { plain, tensorflow }, ({ forward, gradient }) => {
  const [x, scale, offset] = [wave<Tensor4D>(TRIAL), wave<Tensor1D>([3], 1), wave<Tensor1D>([3], 2)];
  const { y, mean, variance, saved } = forward(x, scale, offset, 1e-3);
  const gradients = gradient(wave(TRIAL, 3), x, scale, saved, 1e-3);
  return [y, mean, variance, gradients.input, gradients.scale, gradients.offset];
});

function kernelAttributes(epsilon: number) {
  return {
    floats: { epsilon },
    bools: { is_training: true },
    strings: { data_format: 'NHWC' },
    types: ['U'],
  };
}
