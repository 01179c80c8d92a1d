/**
 * Cross-entropy in which pixels near a border between classes count more.
 *
 * Source     O. Ronneberger, P. Fischer, T. Brox: U-Net, MICCAI 2015, equation 2: a weight for each pixel that grows towards
 *            borders, made of the label map. Theirs, w₀ · exp(−(d₁ + d₂)²/2σ²), is about the gaps between cells; here it
 *            is a step, the same within `radius` of a border and 1 elsewhere: our choice, for label maps of scenes.
 * Equation   L = Σ_p w_p · (−log softmax(z_p)[y_p]) / Σ_p w_p over the valid pixels, w_p = factor where a pixel with a
 *            neighbour (of four) of another label is no further than radius − 1, else 1.
 * Taps       none; logits at the label map's size.
 * Reduction  weighted mean over the valid pixels of the whole batch. No valid pixel: 0, with zero gradient.
 * Weight     1, in place of `ce`. Radius 2 and factor 2 are ours: no source of values for scenes is known to us.
 * Traps      the border of what is ignored counts as one: data sets ignore a band along objects, and without that no
 *            border would be left. Labels are least sure at borders, so a large factor teaches noise.
 * Cost       one softmax over the logits; the borders are found on the processor.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { weightedPixels } from '../../engine/ops/pixel-losses.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { tf } from '../../engine/tf.ts';
import { nearBorders } from '../borders.ts';
import type { Method } from '../method.ts';
import { reduceLabels, rowsOf } from '../ops.ts';
import { radiusOption } from '../options.ts';

const params = z.strictObject({
  radius: radiusOption(2, 'How far from a border pixels count more; 1: only those at it'),
  factor: z
    .number()
    .min(0)
    .max(1000)
    .default(2)
    .meta({ title: 'Factor', description: 'How much they count, where all others count 1' }),
});
type Params = z.output<typeof params>;

export const ceBoundary: Method<Params> = {
  id: 'ce.boundary',
  title: 'Cross-entropy with weight on borders',
  citation: 'Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI 2015',
  equation: 'Σₚ wₚ · (−log softmax(zₚ)[yₚ]) / Σₚ wₚ, w = factor near a border between classes, else 1',
  params,
  teacher: false,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 3,
  mass: (labels, options, [height, width]) =>
    sum(weights(labels, [labels.length / (height * width), height, width], options)),
  loss({ student, labels }, options) {
    const logits = student.logits!;
    const [images, height, width] = logits.shape;
    const truth = reduceLabels(labels!, height, width).flatten();
    const all = weights(truth.dataSync<'int32'>() as Int32Array, [images, height, width], options);
    const whole = sum(all) || 1;
    for (let p = 0; p < all.length; p++) all[p] /= whole;
    return differentiable(rowsOf(logits), (z) => weightedPixels.form(z, truth, tf.tensor1d(all)));
  },
};

/** What each pixel counts; ignored pixels count nothing. */
function weights(labels: Int32Array, shape: [number, number, number], { radius, factor }: Params): Float32Array {
  const near = nearBorders(labels, shape, radius);
  const all = new Float32Array(labels.length);
  for (let p = 0; p < all.length; p++) if (labels[p] !== IGNORE) all[p] = near[p] ? factor : 1;
  return all;
}

function sum(numbers: Float32Array): number {
  let all = 0;
  for (const one of numbers) all += one;
  return all;
}
