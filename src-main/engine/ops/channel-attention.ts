/**
 * Attention of the channels of NHWC tensors to each other (Fu et al., Dual Attention Network, CVPR 2019, equations 3 and
 * 4, with the weights of its authors' code): each channel takes the mean of all, weighted by the softmax of what its
 * product with each over the pixels falls short of its largest one.
 */
import { type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { matrixProduct } from './contract.ts';
import { softmaxGradient } from './softmax.ts';

export function channelAttention(x: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const pixels = flat(x);
    return matrixProduct.form(pixels, weightsOf(pixels), [false, true]).reshape(x.shape);
  });
}

export function channelAttentionGradient(dy: Tensor4D, x: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const [d, pixels] = [dy, x].map(flat);
    const weights = weightsOf(pixels);
    const ofWeights = matrixProduct.form(d, pixels, [true, false]);
    const ofProducts = softmaxGradient(ofWeights, weights, 2).neg<Tensor3D>();
    // A product of two channels is in the weights of both.
    const both = ofProducts.add<Tensor3D>(ofProducts.transpose([0, 2, 1]));
    const [direct, byWeights] = [weights, both].map((matrix, i) =>
      matrixProduct.form([d, pixels][i], matrix, [false, false]),
    );
    return direct.add(byWeights).reshape(x.shape);
  });
}

/** [n, h·w, c]. */
function flat(x: Tensor4D): Tensor3D {
  const [n, h, w, c] = x.shape;
  return x.reshape([n, h * w, c]);
}

/** [n, c, c], each row's sum 1. What the largest product has to do with it, softmax takes out again. */
function weightsOf(pixels: Tensor3D): Tensor3D {
  return tf.softmax(matrixProduct.form(pixels, pixels, [true, false]).neg<Tensor3D>());
}
