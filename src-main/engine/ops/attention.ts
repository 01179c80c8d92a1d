/**
 * Scaled dot-product attention over the pixels of NHWC tensors (Vaswani et al., NeurIPS 2017): each query takes the
 * values' mean, weighted by the softmax of its products with the keys times a scale.
 *
 * The weights are (h·w)² floats for each picture and are never there at once: the queries are taken in blocks, and the
 * gradient computes each block's weights again (Rabe and Staats, arXiv 2112.05682).
 */
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { matrixProduct } from './contract.ts';
import { tempered } from './softmax.ts';

/** Weights of one picture that are there at once, at most (a single query's are, however many). */
export const MOST_WEIGHTS = 2 ** 22;

export interface AttentionOptions {
  /** Into how many parts of equal size the channels of each fall, one after the other. */
  heads: number;
  /** 1 / √(channels of a head) where not given. */
  scale?: number;
  /** In place of MOST_WEIGHTS. */
  most?: number;
}

/** How many of its queries a picture is taken at a time. */
export function queriesAtOnce(keys: number, heads: number, most = MOST_WEIGHTS): number {
  return Math.max(1, Math.floor(most / (keys * heads)));
}

/** Attention. query: [n, h, w, c], key: [n, h′, w′, c], value: [n, h′, w′, c′]; the answer is [n, h, w, c′]. */
export function attention(query: Tensor4D, key: Tensor4D, value: Tensor4D, options: AttentionOptions): Tensor4D {
  return tf.tidy(() => {
    const { heads } = options;
    const [q, k, v] = [query, key, value].map((x) => byHead(x, heads));
    const temperature = temperatureOf(q, options);
    const means = blocks(q, k, options).map(({ start, count }) =>
      tf.tidy(() => {
        const weights = weightsOf(rows(q, start, count), k, temperature);
        return matrixProduct.form(weights, v, [false, false]);
      }),
    );
    return fromHeads(joined(means), [...query.shape.slice(0, 3), value.shape[3]], heads);
  });
}

/** The gradients of attention's query, key and value. */
export function attentionGradients(
  dy: Tensor4D,
  [query, key, value]: readonly Tensor4D[],
  options: AttentionOptions,
): [Tensor4D, Tensor4D, Tensor4D] {
  const { heads } = options;
  return tf.tidy(() => {
    const [d, q, k, v] = [dy, query, key, value].map((x) => byHead(x, heads));
    const temperature = temperatureOf(q, options);
    const ofQuery: Tensor3D[] = [];
    let [ofKey, ofValue]: (Tensor3D | null)[] = [null, null];
    for (const { start, count } of blocks(q, k, options)) {
      const [asked, arriving] = [rows(q, start, count), rows(d, start, count)];
      const weights = weightsOf(asked, k, temperature);
      ofValue = summed(ofValue, matrixProduct.form(weights, arriving, [true, false]));
      const ofWeights = matrixProduct.form(arriving, v, [false, true]);
      const scores = tempered.form.gradient(ofWeights, weights, temperature);
      tf.dispose([weights, ofWeights]);
      ofQuery.push(matrixProduct.form(scores, k, [false, false]));
      ofKey = summed(ofKey, matrixProduct.form(scores, asked, [true, false]));
      tf.dispose([scores, asked, arriving]);
    }
    return [
      fromHeads(joined(ofQuery), query.shape, heads),
      fromHeads(ofKey!, key.shape, heads),
      fromHeads(ofValue!, value.shape, heads),
    ];
  });
}

/** [rows of queries, keys], each row's sum 1. */
function weightsOf(query: Tensor3D, key: Tensor3D, temperature: number): Tensor3D {
  return tf.tidy(() => tempered.form.forward(matrixProduct.form(query, key, [false, true]), temperature));
}

function temperatureOf({ shape }: Tensor3D, { scale }: AttentionOptions): number {
  return scale === undefined ? Math.sqrt(shape[2]) : 1 / scale;
}

function blocks(query: Tensor3D, key: Tensor3D, { heads, most }: AttentionOptions): { start: number; count: number }[] {
  const all = query.shape[1];
  const size = queriesAtOnce(key.shape[1], heads, most);
  return Array.from({ length: Math.ceil(all / size) }, (_, i) => ({
    start: i * size,
    count: Math.min(size, all - i * size),
  }));
}

/** A tensor of its own. */
function rows(x: Tensor3D, start: number, count: number): Tensor3D {
  return count === x.shape[1] ? x.clone() : tf.slice(x, [0, start, 0], [-1, count, -1]);
}

function joined(parts: Tensor3D[]): Tensor3D {
  return parts.length === 1 ? parts[0] : tf.concat(parts, 1);
}

/** The sum so far and one more, which are disposed. */
function summed(sum: Tensor3D | null, more: Tensor3D): Tensor3D {
  if (sum === null) return more;
  const both = tf.add<Tensor3D>(sum, more);
  tf.dispose([sum, more]);
  return both;
}

/** [n, h, w, c] as [n · heads, h·w, c ÷ heads]. */
function byHead(x: Tensor4D, heads: number): Tensor3D {
  const [n, h, w, c] = x.shape;
  if (heads === 1) return x.reshape([n, h * w, c]);
  return x
    .reshape([n, h * w, heads, c / heads])
    .transpose([0, 2, 1, 3])
    .reshape([n * heads, h * w, c / heads]);
}

function fromHeads(x: Tensor3D, shape: readonly number[], heads: number): Tensor4D {
  const [n, h, w, c] = shape;
  const parts: Tensor = heads === 1 ? x : x.reshape([n, heads, h * w, c / heads]).transpose([0, 2, 1, 3]);
  return parts.reshape([n, h, w, c]);
}
