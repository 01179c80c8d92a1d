/**
 * Structural similarity loss: cross-entropy that counts most where the prediction's local structure is not the labels'.
 *
 * Source     S. Zhao, B. Wu, W. Chu, Y. Hu, D. Cai: Correlation Maximized Structural Similarity Loss for Semantic
 *            Segmentation, arXiv 1910.08711, from notes on it and two reimplementations; its authors' code was never
 *            released, and we have not read the equations themselves.
 * Equation   of each class map, y the one-hot labels and p the probabilities, both 0 at ignored pixels: μ and σ the mean and
 *            the standard deviation in a window of 3×3 with Gaussian weights (σ 1.5), at the image's border over the part
 *            inside; e = |(y − μ_y + c)/(σ_y + c) − (p − μ_p + c)/(σ_p + c)|, c = 0.01; f = [e > β · max e];
 *            L = Σ f·e·CE / Σ f over the entries.
 *            `softmax`: one entry for each valid pixel, that of its class, CE = −log p; `sigmoid`: one for each class of a
 *            valid pixel, CE = −y log p − (1 − y) log(1 − p), as both reimplementations have it.
 * Taps       none; logits at the label map's size.
 * Reduction  mean over the entries kept in the whole batch, which shares the largest e. No valid pixel: 0.
 * Weight     0.5 beside 0.5 · CE, β = 0.1: as one of the reimplementations and our notes have it; the other keeps e > 0.3.
 * Traps      whether e is a constant weight or learns too is not said: `differentiated`, as the reimplementations do, or
 *            `constant`. The largest e can be near 100 (σ = 0 beside an edge), and then little is kept. Where σ_p is below
 *            0.0001 it counts as constant, for in float32 its slope is lost.
 * Cost       a softmax, some twenty passes over the logits (with `sigmoid` more) and three to five of 3×3 windows.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { timesScalar } from '../../engine/ops/combine.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { logSoftmax, softmaxGradient } from '../../engine/ops/softmax.ts';
import { applySeparable, transposed } from '../../engine/ops/spatial.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { reduceLabels } from '../ops.ts';

const params = z.strictObject({
  probabilities: z.enum(['softmax', 'sigmoid']).default('softmax').meta({
    title: 'Probabilities',
    description: 'Softmax over the classes, or each class by itself (sigmoid)',
  }),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .meta({ title: 'Threshold β', description: 'Only what differs more than this share of the largest counts' }),
  weight: z
    .enum(['differentiated', 'constant'])
    .default('differentiated')
    .meta({ title: 'Difference', description: 'Whether the difference in structure learns too, or only weighs' }),
});
type Params = z.output<typeof params>;

/** c of the equation. */
const SMALL = 0.01;
/** Standard deviations below are constant. */
const STILL = 1e-4;
/** Of a pixel's neighbour to either side, for 1 of its own: a Gaussian with σ = 1.5. */
const BESIDE = Math.exp(-1 / (2 * 1.5 ** 2));

export const ssl: Method<Params> = {
  id: 'ssl',
  title: 'Structural similarity loss (SSL)',
  citation:
    'Zhao et al.: Correlation Maximized Structural Similarity Loss for Semantic Segmentation. arXiv 1910.08711, 2019',
  equation: 'Σ f·e·CE / Σ f, e = difference in local structure of labels and probabilities, f = e > β · max e',
  params,
  teacher: false,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 0.5,
  copies: 30,
  wholeBatch: true,
  loss({ student, labels }, options) {
    const logits = student.logits!;
    const [, height, width] = logits.shape;
    return structural(logits, reduceLabels(labels!, height, width), options);
  },
};

function structural(logits: Tensor4D, labels: Tensor3D, { probabilities, beta, weight }: Params): Scalar {
  const [, height, width, classes] = logits.shape;
  const rows = windows(height);
  const columns = windows(width);
  const around = (x: Tensor4D) => applySeparable(x, rows, columns);
  /** The transpose of that, for gradients. */
  const back = (x: Tensor4D) => applySeparable(x, transposed(rows, height), transposed(columns, width));
  const soft = probabilities === 'softmax';
  return withGradient<Tensor4D, Scalar>(logits, (z) => {
    const valid = labels.notEqual(IGNORE).cast('float32').expandDims<Tensor4D>(3);
    const known = labels.mul<Tensor3D>(labels.notEqual(IGNORE).cast('int32'));
    const y = tf.oneHot(known, classes).cast('float32').mul<Tensor4D>(valid);
    const log = soft ? (logSoftmax.form(z) as Tensor4D) : null;
    const p = log ? log.exp() : z.sigmoid();
    // With one entry for each pixel, that of its class is taken out of all classes' maps, and put back for gradients.
    const entries = (x: Tensor4D) => (soft ? x.mul(y).sum<Tensor4D>(3, true) : x);
    const maps = (x: Tensor4D) => (soft ? x.mul<Tensor4D>(y) : x);

    const ofLabels = structure(entries(y), entries(around(y)), null);
    const inside = p.mul<Tensor4D>(valid);
    const mean = entries(around(inside));
    const ofStudent = structure(entries(inside), mean, entries(around(inside.sub(inside.square()))));
    const apart = ofStudent.value.sub<Tensor4D>(ofLabels.value);
    const e = apart.abs().mul<Tensor4D>(valid);
    const kept = e.greater(e.max().mul(beta)).cast<Tensor4D>('float32');
    const share = kept.div<Tensor4D>(sumAll(kept).maximum(1));
    // log(1 + e^z) − z y, without overflow.
    const loss = log ? entries(log).neg() : z.relu().sub(z.mul(y)).add(z.abs().neg().exp().log1p());
    const weights = e.mul<Tensor4D>(share);
    const slope = p.sub(y).mul<Tensor4D>(weights);
    const value = sumAll(weights.mul(loss));
    if (weight === 'constant') return { value, saved: [slope], gradient: (dy, [g]) => timesScalar(g as Tensor4D, dy) };

    const h = share.mul(loss).mul(apart.sign()).div<Tensor4D>(ofStudent.divisor);
    const k = h.mul(ofStudent.value).mul(ofStudent.moves).div<Tensor4D>(ofStudent.deviation.maximum(STILL));
    const byMean = back(maps(h.sub(k.mul(mean))));
    const toP = maps(h)
      .sub(byMean)
      .sub(inside.mul(back(maps(k))))
      .mul<Tensor4D>(valid);
    const more = soft ? softmaxGradient(toP, p as Tensor4D, 3) : toP.mul<Tensor4D>(p.sub(p.square()));
    return { value, saved: [slope.add<Tensor4D>(more)], gradient: (dy, [g]) => timesScalar(g as Tensor4D, dy) };
  });
}

/**
 * (x − μ + c) / (σ + c) of maps with values from 0 to 1.
 * @param mixed the windows' mean of x(1 − x): σ² = μ(1 − μ) less that, which does not cancel out where x is nearly 1;
 *   none where x is 0 or 1
 */
function structure(x: Tensor4D, mean: Tensor4D, mixed: Tensor4D | null) {
  const whole = mean.sub(mean.square());
  const deviation = (mixed ? whole.sub(mixed) : whole).maximum(0).sqrt();
  const divisor = deviation.add<Tensor4D>(SMALL);
  const moves = deviation.greater(STILL).cast('float32');
  return { value: x.sub(mean).add(SMALL).div<Tensor4D>(divisor), deviation, divisor, moves };
}

/** Weights of the windows' means along one axis, row-major [size, size]. */
function windows(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    const first = Math.max(0, i - 1);
    const last = Math.min(size - 1, i + 1);
    const sum = 1 + (last - first) * BESIDE;
    for (let j = first; j <= last; j++) matrix[i * size + j] = (j === i ? 1 : BESIDE) / sum;
  }
  return matrix;
}
