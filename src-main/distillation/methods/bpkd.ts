/**
 * Boundary-privileged distillation: the teacher's borders and its interiors by two divergences.
 *
 * Source     L. Liu, Z. Wang, M. H. Phan, B. Zhang, J. Ge, Y. Liu: BPKD, WACV 2024, arXiv 2306.08075. We have read the
 *            abstract (an edge loss "at the pixel level in edge regions"; a body loss that "utilizes shape constraints and
 *            selectively attends to the inner-semantic regions"); the training code was never released. Edges out of the
 *            label map, the body loss as CWD's divergence over positions and all numbers are our reading.
 * Equation   E = valid pixels near a border of the label map (radius as in `ce.boundary`), B = the other valid ones;
 *            edge  = T² · 1/|E| Σ_{p∈E} KL(softmax_c(t_p/T) ‖ softmax_c(s_p/T)),
 *            body  = T² · 1/C Σ_c KL(softmax_{p∈B}(t_c/T) ‖ softmax_{p∈B}(s_c/T)) with `spatial`: positions outside of B are
 *            left out before the softmax; with `pixel` as the edge term, over B;
 *            L = 1/N Σ_images edgeWeight · edge + bodyWeight · body.
 * Taps       none; logits at the label map's size.
 * Reduction  image by image, then the mean over images; an image without such pixels counts 0. Ignored pixels are in neither.
 * Weight     1, edgeWeight = bodyWeight = 1, T = 1, radius 2: ours; the paper's are not known to us.
 * Traps      `spatial` is a sum over positions of a distribution over all of them, so it does not grow with the crop, but an
 *            image of hardly any body pixels counts as much as another. Outputs of the teacher that the student does not
 *            have are dropped before the softmax.
 * Cost       a pass over both networks' logits for edges and two for bodies; `pixel` does both at once. Borders are found on the processor.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { pixelDivergence } from '../../engine/ops/pixel-losses.ts';
import { regionDivergence } from '../../engine/ops/region-divergence.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { tf } from '../../engine/tf.ts';
import { nearBorders } from '../borders.ts';
import type { Method } from '../method.ts';
import { pixelsOf, reduceLabels, requireSameSize, rowsOf, wholeLogits } from '../ops.ts';
import { radiusOption, temperatureOption } from '../options.ts';

const part = z.number().min(0).max(1000).default(1);
const params = z.strictObject({
  temperature: temperatureOption(1),
  radius: radiusOption(2, 'How far from a border of the label map edges reach; 1: only pixels at it'),
  body: z.enum(['spatial', 'pixel']).default('spatial').meta({
    title: 'Body loss',
    description: "Over positions for each class, which keeps shapes, or over classes for each pixel, as the edges'",
  }),
  edgeWeight: part.meta({ title: 'Weight of edges', description: 'What the edge loss counts in this term' }),
  bodyWeight: part.meta({ title: 'Weight of bodies', description: 'What the body loss counts in this term' }),
});

export const bpkd: Method<z.output<typeof params>> = {
  id: 'bpkd',
  title: 'BPKD: edges and bodies',
  citation: 'Liu et al.: BPKD: Boundary Privileged Knowledge Distillation for Semantic Segmentation. WACV 2024',
  equation: 'meanₚ∈edges KL over classes + mean over classes of KL over the positions inside',
  params,
  teacher: true,
  labels: true,
  taps: 0,
  logits: 'label',
  defaultWeight: 1,
  copies: 4,
  loss(inputs, { temperature, radius, body, edgeWeight, bodyWeight }) {
    const { student, teacher } = wholeLogits(inputs);
    requireSameSize(student, teacher, 'logits');
    const [images, height, width, classes] = student.shape;
    const labels = reduceLabels(inputs.labels!, height, width).dataSync<'int32'>();
    const near = nearBorders(labels, [images, height, width], radius);
    const spatial = body === 'spatial' && bodyWeight > 0;
    const { shares, inside, bodies } = regions(labels, near, images, edgeWeight, spatial ? 0 : bodyWeight);
    if (!spatial) {
      const each = tf.tensor1d(shares);
      return differentiable(rowsOf(student), (z) => pixelDivergence.form(z, rowsOf(teacher), each, temperature));
    }
    const counts = bodies.map((count) => (count > 0 ? bodyWeight / (images * classes) : 0));
    const [edges, within] = [shares, inside].map((one) => tf.tensor2d(one, [images, height * width]));
    const all = tf.tensor1d(counts);
    return differentiable(pixelsOf(student), (z) =>
      regionDivergence.form(z, pixelsOf(teacher), edges, within, all, temperature),
    );
  },
};

/** What each pixel counts in a mean over classes, which lie inside, and how many of each image do. */
function regions(labels: ArrayLike<number>, near: Uint8Array, images: number, edgeWeight: number, bodyWeight: number) {
  const pixels = near.length / images;
  const shares = new Float32Array(near.length);
  const inside = new Float32Array(near.length);
  const bodies = new Float32Array(images);
  for (let n = 0; n < images; n++) {
    const [first, last] = [n * pixels, (n + 1) * pixels];
    let edges = 0;
    for (let p = first; p < last; p++) {
      if (labels[p] === IGNORE) continue;
      if (near[p]) edges++;
      else {
        inside[p] = 1;
        bodies[n]++;
      }
    }
    for (let p = first; p < last; p++) {
      if (inside[p]) shares[p] = bodyWeight / (images * bodies[n]);
      else if (labels[p] !== IGNORE) shares[p] = edgeWeight / (images * edges);
    }
  }
  return { shares, inside, bodies };
}
