/** Cross-entropy weighed by how far the local structure of the probabilities is from that of the labels (distillation/methods/ssl.ts). */
import { type Scalar, type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { sumAll } from './reduce.ts';
import { plainLogSoftmax, softmaxGradient } from './softmax.ts';
import { applySeparable, transposed } from './spatial.ts';

export interface StructureSettings {
  /** Only what differs more than this share of the largest counts. */
  beta: number;
  /** Whether the difference in structure only weighs, or learns too. */
  constant: boolean;
}

/**
 * Of logits [N, H, W, C] and labels [N, H, W] (int32; one outside the classes counts nothing): Σ f·e·CE / Σ f and its
 * gradient, e = |(y − μ_y + c)/(σ_y + c) − (p − μ_p + c)/(σ_p + c)|, f = [e > β · max e]; μ and σ of windows of 3×3.
 */
type Structure = (
  logits: Tensor4D,
  labels: Tensor3D,
  settings: StructureSettings,
) => { value: Scalar; gradient: Tensor4D };

/** c of the equation. */
const SMALL = 0.01;
/** Standard deviations below are constant. */
const STILL = 1e-4;
/** Of a pixel's neighbour to either side, for 1 of its own: a Gaussian with σ = 1.5. */
const BESIDE = Math.exp(-1 / (2 * 1.5 ** 2));

/** @param soft softmax over the classes and one entry for each pixel, that of its class; otherwise sigmoid, one for each class */
const plainly =
  (soft: boolean): Structure =>
  (logits, labels, settings) =>
    tf.tidy(() => plain(soft, logits, labels, settings));

function plain(soft: boolean, z: Tensor4D, labels: Tensor3D, { beta, constant }: StructureSettings) {
  const [, height, width, classes] = z.shape;
  const rows = windows(height);
  const columns = windows(width);
  const around = (x: Tensor4D) => applySeparable(x, rows, columns);
  /** The transpose of that, for gradients. */
  const back = (x: Tensor4D) => applySeparable(x, transposed(rows, height), transposed(columns, width));
  const known = labels.greaterEqual(0).cast<Tensor3D>('int32').mul<Tensor3D>(labels.less(classes).cast('int32'));
  const valid = known.cast('float32').expandDims<Tensor4D>(3);
  const y = tf.oneHot(labels.mul<Tensor3D>(known), classes).cast('float32').mul<Tensor4D>(valid);
  const log = soft ? (plainLogSoftmax(z) as Tensor4D) : null;
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
  if (constant) return { value, gradient: slope };

  const h = share.mul(loss).mul(apart.sign()).div<Tensor4D>(ofStudent.divisor);
  const k = h.mul(ofStudent.value).mul(ofStudent.moves).div<Tensor4D>(ofStudent.deviation.maximum(STILL));
  const byMean = back(maps(h.sub(k.mul(mean))));
  const toP = maps(h)
    .sub(byMean)
    .sub(inside.mul(back(maps(k))))
    .mul<Tensor4D>(valid);
  const more = soft ? softmaxGradient(toP, p as Tensor4D, 3) : toP.mul<Tensor4D>(p.sub(p.square()));
  return { value, gradient: slope.add<Tensor4D>(more) };
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

/** With probabilities of each class by itself (sigmoid), each an entry of its own. */
export const structureByClass = plainly(false);

/** With the softmax over the classes; one entry for each pixel, that of its class. */
export const structureOfPixels = new Op<Structure>(
  'structural similarity loss',
  {
    plain: plainly(true),
    own: (logits, labels, { beta, constant }) => {
      const [value, gradient] = runOwnKernel('Structure', [logits, labels], 2, {
        floats: { beta, beside: BESIDE },
        counts: { constant: constant ? 1 : 0 },
      });
      return { value: value as Scalar, gradient: gradient as Tensor4D };
    },
  },
  (form) => {
    const labels = tf.tensor3d([0, 0, 1, 255, 1, 2, 2, 0, 1, 1, 0, 2], [1, 3, 4], 'int32');
    return [false, true].flatMap((constant) =>
      Object.values(form(wave([1, 3, 4, 3]), labels, { beta: 0.2, constant })),
    );
  },
);
