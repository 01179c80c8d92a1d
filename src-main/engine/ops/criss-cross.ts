/**
 * Criss-cross attention over NHWC tensors (Huang et al., CCNet, ICCV 2019, equations 1 and 2): each query takes the
 * values' mean over its own row and column, weighted by the softmax of its products with the keys there, unscaled. The
 * weights are h·w·(h + w) floats for each picture; the gradient computes them again.
 */
import { type Tensor4D, tf } from '../tf.ts';
import { contract, contractGradients } from './contract.ts';
import { softmaxGradient } from './softmax.ts';

/** Letters: image, row, column, another row, another column, channel. */
const COLUMN = { scores: 'nhwc,niwc->nhwi', means: 'nhwi,niwc->nhwc' };
const ROW = { scores: 'nhwc,nhjc->nhwj', means: 'nhwj,nhjc->nhwc' };

/** Beside any score nothing. */
const NOTHING = -1e30;

/** query, key: [n, h, w, c], value: [n, h, w, c′]; the answer is [n, h, w, c′]. */
export function crissCross(query: Tensor4D, key: Tensor4D, value: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const { along, across } = weightsOf(query, key);
    return contract(COLUMN.means, along, value).add(contract(ROW.means, across, value)) as Tensor4D;
  });
}

/** The gradients of the query, the key and the value. */
export function crissCrossGradients(
  dy: Tensor4D,
  [query, key, value]: readonly Tensor4D[],
): [Tensor4D, Tensor4D, Tensor4D] {
  return tf.tidy(() => {
    const { weights, along, across } = weightsOf(query, key);
    const [dAlong, valueAlong] = contractGradients(COLUMN.means, dy, along, value);
    const [dAcross, valueAcross] = contractGradients(ROW.means, dy, across, value);
    const scores = softmaxGradient(tf.concat([dAlong, dAcross], 3) as Tensor4D, weights, 3);
    const [ofAlong, ofAcross] = split(scores);
    const [queryAlong, keyAlong] = contractGradients(COLUMN.scores, ofAlong, query, key);
    const [queryAcross, keyAcross] = contractGradients(ROW.scores, ofAcross, query, key);
    return [queryAlong.add(queryAcross), keyAlong.add(keyAcross), valueAlong.add(valueAcross)] as [
      Tensor4D,
      Tensor4D,
      Tensor4D,
    ];
  });
}

/** [n, h, w, h + w]: along the column, then across the row; a pixel itself is in its row only. */
function weightsOf(query: Tensor4D, key: Tensor4D) {
  const [, height] = query.shape;
  const itself = tf.eye(height).mul(NOTHING).reshape([1, height, 1, height]);
  const along = contract(COLUMN.scores, query, key).add(itself);
  const weights = tf.softmax(tf.concat([along, contract(ROW.scores, query, key)], 3) as Tensor4D);
  const [first, second] = split(weights);
  return { weights, along: first, across: second };
}

function split(both: Tensor4D): Tensor4D[] {
  const [, height, width] = both.shape;
  return tf.split(both, [height, width], 3);
}
