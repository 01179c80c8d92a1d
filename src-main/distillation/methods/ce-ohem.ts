/**
 * Cross-entropy of the hard pixels only: online hard example mining.
 *
 * Source     A. Shrivastava, A. Gupta, R. Girshick: Training Region-based Object Detectors with Online Hard Example
 *            Mining, CVPR 2016; for pixels as open-mmlab/mmsegmentation: OHEMPixelSampler and CrossEntropyLoss.
 * Equation   l_p = −log softmax(z_p)[y_p] over the valid pixels of the batch, k = minKept · images,
 *            with a threshold t: p is kept where l_p > min(l₍k₎, −log t), l₍k₎ the loss that k others exceed (the smallest
 *            of all where there are no more), so that about k are kept where fewer are as unsure as t; without one: the k
 *            largest. L = Σ_kept l_p / divisor; divisor: `all` pixels of the batch, ignored ones too (mmsegmentation), or
 *            those `kept` (HRNet, BiSeNet).
 * Taps       none; logits at the label map's size.
 * Reduction  over the whole batch, which shares k and l₍k₎. No valid pixel: 0, with zero gradient.
 * Weight     1, in place of `ce`. t = 0.7 and minKept = 100000 of a 512×1024 crop are mmsegmentation's; here the default is
 *            that share of the crop.
 * Traps      a count that is larger than the crop keeps everything, so that it is plain cross-entropy. With `all` the term
 *            shrinks as the student gets sure, and other terms weigh more; with `kept` it does not.
 * Cost       one softmax over the logits; their losses go once through the processor to be selected.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { pixelLosses, weightedPixels } from '../../engine/ops/pixel-losses.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { reduceLabels, rowsOf } from '../ops.ts';

/** What mmsegmentation keeps of each image, as a share of the crop that its configurations have. */
const USUAL_SHARE = 100_000 / (512 * 1024);

const params = z.strictObject({
  threshold: z.number().gt(0).max(1).nullable().default(0.7).meta({
    title: 'Threshold',
    description: 'Pixels whose class is given less probability are kept; none: only as many as the fewest kept',
  }),
  minKept: z.number().int().min(1).nullable().default(null).meta({
    title: 'Fewest kept',
    description: 'Pixels of an image that are kept at least, over the batch; none: a fifth of the crop',
  }),
  mean: z
    .enum(['all', 'kept'])
    .default('all')
    .meta({ title: 'Mean over', description: 'All pixels (as in mmsegmentation) or those that are kept' }),
});
type Params = z.output<typeof params>;

export const ceOhem: Method<Params> = {
  id: 'ce.ohem',
  title: 'Cross-entropy of hard pixels (OHEM)',
  citation: 'Shrivastava et al.: Training Region-based Object Detectors with Online Hard Example Mining. CVPR 2016',
  equation: 'Σₚ −log softmax(zₚ)[yₚ] / pixels, over the pixels of least probability of their class',
  params,
  teacher: false,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 3,
  wholeBatch: true,
  loss({ student, labels }, { threshold, minKept, mean }) {
    const logits = student.logits!;
    const [images, height, width] = logits.shape;
    const truth = reduceLabels(labels!, height, width).flatten();
    const least = images * (minKept ?? Math.max(1, Math.round(USUAL_SHARE * height * width)));
    return differentiable(rowsOf(logits), (z) => {
      const losses = pixelLosses.form(z, truth).dataSync<'float32'>() as Float32Array;
      const { weights, kept } = hardest(losses, truth.dataSync<'int32'>(), least, threshold);
      const divisor = mean === 'all' ? losses.length : Math.max(1, kept);
      for (let p = 0; p < weights.length; p++) weights[p] /= divisor;
      return weightedPixels.form(z, truth, tf.tensor1d(weights));
    });
  },
};

/** Which pixels are kept, 1 or 0 each, and how many. */
function hardest(losses: Float32Array, labels: ArrayLike<number>, least: number, threshold: number | null) {
  const keeps = limitOf(validOf(losses, labels), least, threshold);
  const weights = new Float32Array(losses.length);
  let kept = 0;
  for (let p = 0; p < losses.length; p++) {
    if (labels[p] === IGNORE || !keeps(losses[p])) continue;
    weights[p] = 1;
    kept++;
  }
  return { weights, kept };
}

function validOf(losses: Float32Array, labels: ArrayLike<number>): Float32Array {
  const valid = new Float32Array(losses.length);
  let count = 0;
  for (let p = 0; p < losses.length; p++) if (labels[p] !== IGNORE) valid[count++] = losses[p];
  return valid.subarray(0, count);
}

/** Which losses are kept, of those that are given. */
function limitOf(losses: Float32Array, least: number, threshold: number | null): (loss: number) => boolean {
  if (losses.length === 0) return () => false;
  if (threshold === null) {
    const last = nthLargest(losses, Math.min(least, losses.length) - 1);
    return (loss) => loss >= last;
  }
  const limit = Math.min(nthLargest(losses, Math.min(least, losses.length - 1)), -Math.log(threshold));
  return (loss) => loss > limit;
}

/** The value that `n` others come before, largest first, of numbers that are not negative. */
function nthLargest(values: Float32Array, n: number): number {
  // Numbers that are not negative are in the order of their bits: the upper half of them says in which part it is.
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(1 << 16);
  for (const one of bits) counts[one >>> 16]++;
  let upper = counts.length - 1;
  let before = 0;
  while (before + counts[upper] <= n) before += counts[upper--];
  const part = new Float32Array(counts[upper]);
  for (let i = 0, at = 0; i < bits.length; i++) if (bits[i] >>> 16 === upper) part[at++] = values[i];
  part.sort();
  return part[part.length - 1 - (n - before)];
}
