/**
 * Scaled dot-product attention over the pixels of NHWC tensors (Vaswani et al., NeurIPS 2017): each query takes the
 * values' mean, weighted by the softmax of its products with the keys ÷ √(channels of a head).
 */
import { type Tensor4D, tf } from '../tf.ts';
import { contract, contractGradients } from './contract.ts';
import { softmax, softmaxGradient } from './softmax.ts';

/** Letters: image, query pixel, key pixel, head, channel of a head. */
const SCORES = 'nqhd,nkhd->nhqk';
const MEANS = 'nhqk,nkhd->nqhd';

/**
 * Attention. query: [n, h, w, c], key: [n, h′, w′, c], value: [n, h′, w′, c′]; the answer is [n, h, w, c′]. The
 * channels of each fall into `heads` parts of equal size, one after the other.
 * @returns also the weights, [n, heads, h·w, h′·w′], which the gradient needs
 */
export function attention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  heads: number,
): { y: Tensor4D; weights: Tensor4D } {
  return tf.tidy(() => {
    const [q, k, v] = [query, key, value].map((x) => byHead(x, heads));
    const weights = softmax(contract(SCORES, q, k).mul<Tensor4D>(scaleOf(q)), 3);
    const y = contract(MEANS, weights, v);
    return { y: y.reshape<Tensor4D>([...query.shape.slice(0, 3), value.shape[3]] as Tensor4D['shape']), weights };
  });
}

/** The gradients of attention's query, key and value. */
export function attentionGradients(
  dy: Tensor4D,
  [query, key, value]: readonly Tensor4D[],
  weights: Tensor4D,
): [Tensor4D, Tensor4D, Tensor4D] {
  const heads = weights.shape[1];
  return tf.tidy(() => {
    const [q, k, v] = [query, key, value].map((x) => byHead(x, heads));
    const [dWeights, dValue] = contractGradients(MEANS, byHead(dy, heads), weights, v);
    const dScores = softmaxGradient(dWeights as Tensor4D, weights, 3).mul(scaleOf(q));
    const [dQuery, dKey] = contractGradients(SCORES, dScores, q, k);
    return [dQuery.reshape(query.shape), dKey.reshape(key.shape), dValue.reshape(value.shape)];
  });
}

/** [n, h, w, c] as [n, h·w, heads, c ÷ heads]. */
function byHead(x: Tensor4D, heads: number): Tensor4D {
  const [n, h, w, c] = x.shape;
  return x.reshape([n, h * w, heads, c / heads]);
}

function scaleOf(q: Tensor4D): number {
  return 1 / Math.sqrt(q.shape[3]);
}
