/**
 * Category-wise similarity distillation: how much the student's classes resemble each other, as the teacher's do.
 *
 * Source     Feng et al., IEEE TIP 30, 2021, arXiv 2107.08591 (see dsd-psd.ts). Form `spatial`: winycg/CIRKD:
 *            losses/dsd.py. Form `cosine`: a reading note on the paper; its 1/C² factor and its softmax over classes are
 *            our reading of it.
 * Equation   Z = average pooling of the logits (stride = kernel, ceil mode),
 *            cosine:  q = softmax over classes of Z/τ, M_ij = ⟨N(q_i), N(q_j)⟩ over positions;
 *            spatial: p = softmax over positions of Z_c/τ, M = P Pᵀ;
 *            L = 1/(B·C²) Σ (M^S − M^T)², one C×C matrix per image.
 * Taps       none; logits at the student's stride, the teacher's average-pooled to it in training. Sizes may differ: M is
 *            C×C. Outputs of the teacher that the student does not have are dropped before the softmax.
 * Reduction  mean over C² and over the batch.
 * Weight     3 with `cosine` (measured on CamVid beside PSD · 0.5); CIRKD: 10 with `spatial`. τ = 4 and pool = 2 are
 *            CIRKD's; the paper's τ is not known to us. τ = 1 with weight 0.95 did better in docs/study.md, and is what the
 *            recipes `dsd` and `camvid-dsd` have.
 * Traps      `spatial` is numerically inert: M's entries are near 1/positions, so at CIRKD's own crop the term is
 *            near 1e-8 and, times 10, moves nothing. Hence `cosine` is the default. Look at the logged raw value.
 * Cost       a softmax at the student's stride and a C×C product per image; no parameters of its own.
 */
import { z } from 'zod';
import { cosinesBelowOne } from '../../engine/ops/cosines.ts';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { softened } from '../../engine/ops/softmax.ts';
import { averagePool } from '../../engine/ops/spatial.ts';
import { type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair } from '../ops.ts';
import { poolOption, temperatureOption } from '../options.ts';

const params = z.strictObject({
  form: z.enum(['cosine', 'spatial']).default('cosine').meta({
    title: 'Form',
    description: 'Cosine of class maps (as read from the paper), or spatial softmax (as in CIRKD)',
  }),
  tau: temperatureOption(4, 'logits', 'Temperature τ'),
  pool: poolOption(2, 'Average pooling of the logits before the softmax: 1 is none'),
});
type Params = z.output<typeof params>;

export const dsdCsd: Method<Params> = {
  id: 'dsd.csd',
  title: 'DSD: category-wise similarity (CSD)',
  citation: 'Feng et al.: Double Similarity Distillation for Semantic Image Segmentation. IEEE TIP 30, 2021',
  equation: '1/C² ‖Mˢ − Mᵀ‖², M = similarity of each class map with each other (C×C per image)',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'student',
  defaultWeight: 3,
  copies: 4,
  loss(inputs, options) {
    const { student, teacher } = logitPair(inputs);
    const ofStudent = similarity(student, options);
    const ofTeacher = similarity(teacher, options);
    const apart = ofTeacher.base - ofStudent.base;
    const wanted = apart === 0 ? ofTeacher.matrices : ofTeacher.matrices.add<Tensor3D>(apart);
    return squaredDistance(ofStudent.matrices, wanted, wanted.size);
  },
};

/** The class-by-class matrices M of logits N×h×w×C: N×C×C. */
export function correlations(logits: Tensor4D, options: Params): Tensor3D {
  const { matrices, base } = similarity(logits, options);
  return matrices.add(base);
}

/**
 * M − base, N×C×C: the entries of M are all close to base, and what the loss lives on is how they differ, which a
 * difference of two matrices in float32 would lose.
 */
function similarity(logits: Tensor4D, { form, tau, pool }: Params): { matrices: Tensor3D; base: number } {
  const pooled = pool === 1 ? logits : averagePool(logits, pool, { ceil: true });
  const [batch, height, width, classes] = pooled.shape;
  const scores = pooled.reshape<Tensor3D>([batch, height * width, classes]);
  if (form === 'cosine') return { matrices: cosinesBelowOne(softened(scores, tau)), base: 1 };
  // With P = 1/positions + D, P Pᵀ = 1/positions + D Dᵀ, for the rows of P sum to 1.
  const base = 1 / (height * width);
  const maps = softened(scores.transpose<Tensor3D>([0, 2, 1]), tau).sub<Tensor3D>(base);
  return { matrices: tf.matMul(maps, maps, false, true), base };
}
