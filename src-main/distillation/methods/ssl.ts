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
 * Cost       three passes over the logits and two of 3×3 windows, of each pixel's class only. `sigmoid`, and engines without
 *            our kernels: thirty passes or more and five of windows over all classes.
 */
import { z } from 'zod';
import { structureByClass, structureOfPixels } from '../../engine/ops/structure.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
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
export const ssl: Method<z.output<typeof params>> = {
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
  copies: 4,
  wholeBatch: true,
  decides: ({ probabilities }) => (probabilities === 'sigmoid' ? { copies: 30 } : {}),
  loss({ student, labels }, { probabilities, beta, weight }) {
    const logits = student.logits!;
    const [, height, width] = logits.shape;
    const truth = reduceLabels(labels!, height, width);
    const form = probabilities === 'softmax' ? structureOfPixels.form : structureByClass;
    return differentiable(logits, (z) => form(z, truth, { beta, constant: weight === 'constant' }));
  },
};
