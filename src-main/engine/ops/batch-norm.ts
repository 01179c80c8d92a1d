/** Batch normalisation over batch, height and width of an NHWC tensor, as PyTorch's BatchNorm2d. */
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { isNative, runKernel } from './kernels.ts';
import { sumPixels } from './reduce.ts';

export interface BatchNormed {
  y: Tensor4D;
  /** Of this batch; the variance is the unbiased one (÷ n − 1), which goes into the running variance. */
  mean: Tensor1D;
  variance: Tensor1D;
  /** What batchNormGradient needs. */
  saved: Tensor[];
}

/** Normalises by the batch's own mean and (biased) variance: (x − mean) / √(variance + ε) · scale + offset. */
export function batchNormTrain(x: Tensor4D, scale: Tensor1D, offset: Tensor1D, epsilon: number): BatchNormed {
  if (isNative()) {
    // With empty running statistics and factor 1 the kernel gives back those of the batch.
    const none = tf.tensor1d([], 'float32');
    const inputs = [x, scale, offset, none, none];
    const [y, mean, variance, ...saved] = runKernel('FusedBatchNormV3', inputs, kernelAttributes(epsilon, true), 6);
    none.dispose();
    return { y: y as Tensor4D, mean: mean as Tensor1D, variance: variance as Tensor1D, saved };
  }
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
}

/** The gradient of batchNormTrain, through the batch's statistics too. */
export function batchNormGradient(
  dy: Tensor4D,
  x: Tensor4D,
  scale: Tensor1D,
  saved: Tensor[],
  epsilon: number,
): { input: Tensor4D; scale: Tensor1D; offset: Tensor1D } {
  if (isNative()) {
    const inputs = [dy, x, scale, ...saved];
    const [input, dScale, dOffset, ...rest] = runKernel(
      'FusedBatchNormGradV3',
      inputs,
      kernelAttributes(epsilon, true),
      5,
    );
    tf.dispose(rest);
    return { input: input as Tensor4D, scale: dScale as Tensor1D, offset: dOffset as Tensor1D };
  }
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
}

/** Normalises by given statistics. */
export function batchNormInference(
  x: Tensor4D,
  scale: Tensor1D,
  offset: Tensor1D,
  mean: Tensor1D,
  variance: Tensor1D,
  epsilon: number,
): Tensor4D {
  if (isNative()) {
    const inputs = [x, scale, offset, mean, variance];
    const [y, ...rest] = runKernel('FusedBatchNormV3', inputs, kernelAttributes(epsilon, false), 6);
    tf.dispose(rest);
    return y as Tensor4D;
  }
  return tf.tidy(() => {
    const factor = variance.add(epsilon).rsqrt().mul<Tensor1D>(scale);
    return x.mul(factor).add<Tensor4D>(offset.sub(mean.mul(factor)));
  });
}

function kernelAttributes(epsilon: number, training: boolean) {
  return {
    floats: { epsilon },
    bools: { is_training: training },
    strings: { data_format: 'NHWC' },
    types: ['U'],
  };
}
