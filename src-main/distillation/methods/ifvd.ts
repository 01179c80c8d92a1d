/**
 * Intra-class feature variation distillation: how far each pixel's feature is from the mean of its class, as in the teacher.
 *
 * Source     Y. Wang, W. Zhou, T. Jiang, X. Bai, Y. Xu: Intra-class Feature Variation Distillation for Semantic
 *            Segmentation, ECCV 2020. Form: YukangWang/IFVD: utils/criterion.py; winycg/CIRKD: losses/ifvd.py.
 * Equation   m_p = cos(F_p, μ_k) with k the label of p and μ_k = Σ_{q: y_q = k} F_q / (n_k + 1e-6) over its image,
 *            L = 1/(N·H·W) Σ_p (m^S_p − m^T_p)².
 * Taps       one, the last unless `tap` says another; of any number of channels. The teacher's is resized (bilinear) to
 *            the student's size, and so are the labels (nearest). No adapter.
 * Reduction  mean over all pixels, the ignored ones among them, and over the batch.
 * Weight     20: winycg/CIRKD's; the authors' 200, beside KD and an adversarial term.
 * Traps      an ignored pixel is its own class mean, so that it adds 0 in both networks, but it counts in the mean:
 *            many ignored pixels make the term small. A class means what is in this crop: of a thin class, a few pixels.
 *            A feature of zeros has the cosine 0 and no gradient.
 * Cost       two products of pixels × classes × channels and a few passes over the tap; no parameters of its own.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { direction } from '../../engine/ops/unit.ts';
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { nearestLabels, pixelsOf } from '../ops.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({ tap: tapOption });
type Params = z.output<typeof params>;

/** Added to a class's count of pixels. */
const NONE = 1e-6;

export const ifvd: Method<Params> = {
  id: 'ifvd',
  title: 'Intra-class feature variation (IFVD)',
  citation: 'Wang et al.: Intra-class Feature Variation Distillation for Semantic Segmentation. ECCV 2020',
  equation: 'meanₚ (cos(Fˢₚ, μˢ) − cos(Fᵀₚ, μᵀ))², μ = mean feature of the pixel’s class in its image',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 20,
  copies: 7,
  loss(inputs, { tap }) {
    const { student, teacher } = tapPair(inputs, tap);
    const [, height, width] = student.shape;
    const belongs = membership(nearestLabels(inputs.labels!, [height, width]));
    const ofTeacher = closeness(atSizeOf(student, teacher), belongs);
    return squaredDistance(closeness(student, belongs), ofTeacher, ofTeacher.size);
  },
};

/** Which pixel is of which class, [N, pixels, classes]: 1 or 0; the row of an ignored pixel is 0. */
function membership(labels: Tensor3D): Tensor3D {
  const [batch, height, width] = labels.shape;
  const values = labels.dataSync<'int32'>();
  const classes = 1 + values.reduce((most, label) => (label === IGNORE ? most : Math.max(most, label)), 0);
  const belongs = new Float32Array(values.length * classes);
  for (const [p, label] of values.entries()) if (label !== IGNORE) belongs[p * classes + label] = 1;
  return tf.tensor3d(belongs, [batch, height * width, classes]);
}

/** cos(F_p, μ) of each pixel, [N, pixels]; 0 where it is ignored. */
function closeness(tap: Tensor4D, belongs: Tensor3D): Tensor2D {
  const pixels = pixelsOf(tap);
  const counts = belongs.sum(1).add(NONE).expandDims(2);
  const means = tf.matMul(belongs, pixels, true).div<Tensor3D>(counts);
  const own = tf.matMul(belongs, direction(means));
  return direction(pixels).mul(own).sum(2);
}
