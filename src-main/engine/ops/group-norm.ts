/**
 * Normalisation of each image by itself: over the pixels of a group of channels (group norm, Wu & He, ECCV 2018), or
 * over the channels of a pixel (layer norm, Ba et al., 2016). Then scale and offset per channel. NHWC.
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tf.ts';
import { sumPixels } from './reduce.ts';

/** Over what is normalised: `groups` of neighbouring channels with all pixels, or 'pixel', each pixel's channels. */
export type NormGroups = number | 'pixel';

/**
 * (x − mean) / √(variance + ε) · scale + offset, the variance biased. As PyTorch's GroupNorm(groups, channels), and as
 * LayerNorm(channels) on NHWC.
 * @returns also what the gradient needs
 */
export function groupNorm(
  x: Tensor4D,
  scale: Tensor1D,
  offset: Tensor1D,
  groups: NormGroups,
  epsilon: number,
): { y: Tensor4D; saved: [normal: Tensor4D, inverse: Tensor2D] } {
  const [y, normal, inverse] = tf.tidy(() => {
    const rows = toRows(x, groups);
    const centred = rows.sub<Tensor2D>(rows.mean(1, true));
    const inverse = centred.square().mean<Tensor2D>(1, true).add<Tensor2D>(epsilon).rsqrt();
    const normal = fromRows(centred.mul(inverse), x.shape, groups);
    return [normal.mul(scale).add<Tensor4D>(offset), normal, inverse];
  });
  return { y, saved: [normal, inverse] };
}

/** The gradient of groupNorm, through mean and variance too. */
export function groupNormGradient(
  dy: Tensor4D,
  scale: Tensor1D,
  [normal, inverse]: readonly Tensor[],
  groups: NormGroups,
): { input: Tensor4D; scale: Tensor1D; offset: Tensor1D } {
  return tf.tidy(() => {
    const arriving = toRows(dy.mul(scale), groups);
    const rows = toRows(normal as Tensor4D, groups);
    const along = rows.mul(arriving.mul(rows).mean(1, true));
    const input = arriving.sub(arriving.mean(1, true)).sub(along).mul<Tensor2D>(inverse);
    return {
      input: fromRows(input, dy.shape, groups),
      scale: sumPixels(dy.mul(normal)),
      offset: sumPixels(dy),
    };
  });
}

/** One row for all that is normalised together. */
function toRows(x: Tensor4D, groups: NormGroups): Tensor2D {
  const [n, h, w, c] = x.shape;
  if (groups === 'pixel') return x.reshape([n * h * w, c]);
  if (groups === 1) return x.reshape([n, h * w * c]);
  const parts = x.reshape<Tensor4D>([n, h * w, groups, c / groups]);
  return parts.transpose([0, 2, 1, 3]).reshape([n * groups, (h * w * c) / groups]);
}

function fromRows(rows: Tensor2D, shape: Tensor4D['shape'], groups: NormGroups): Tensor4D {
  const [n, h, w, c] = shape;
  if (groups === 'pixel' || groups === 1) return rows.reshape(shape);
  const parts = rows.reshape<Tensor4D>([n, groups, h * w, c / groups]);
  return parts.transpose([0, 2, 1, 3]).reshape(shape);
}
