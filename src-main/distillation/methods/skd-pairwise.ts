/**
 * Pair-wise distillation of SKD: which places of an image resemble each other, as in the teacher's features.
 *
 * Source     Liu et al., CVPR 2019 (see skd-pixel.ts). Form: irfanICMLL/structure_knowledge_distillation:
 *            utils/criterion.py (CriterionPairWiseforWholeFeatAfterPool); winycg/CIRKD: losses/skd.py.
 * Equation   F pooled to nodes by max pooling (stride = kernel, ceil mode), A_ij = ⟨N(F_i), N(F_j)⟩ over channels,
 *            L = 1/N Σ_n 1/P² Σ_ij (A^S_ij − A^T_ij)², P nodes of one image, N(v) = v / max(‖v‖₂, 1e-12).
 * Taps       one, the last unless `tap` says another; of any number of channels. The teacher's is resized (bilinear) to
 *            the student's size before the pooling. No adapter.
 * Reduction  mean over all pairs of nodes of an image, and over the batch.
 * Weight     1: SKD's λ_pa in its code (0.5 in its script). `pool` = 2 is CIRKD's.
 * Traps      SKD's kernel is half the map, which leaves 2×2 nodes; CIRKD's is 2×2 pixels. SKD detaches the norms from
 *            the gradient, CIRKD does not, nor does this. A node of zeros resembles none and has no gradient.
 * Cost       matrices of P² numbers for each image, and P²·C multiplications three times: with pool = 1 on an early tap
 *            that is more than the network itself.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { ceilMaxPool } from '../../engine/ops/max-pool.ts';
import { direction } from '../../engine/ops/unit.ts';
import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { pixelsOf } from '../ops.ts';
import { poolOption } from '../options.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  pool: poolOption(2, 'Kernel of the max pooling, in cells of the tap: 1 is none'),
});
type Params = z.output<typeof params>;

export const skdPairwise: Method<Params> = {
  id: 'skd.pairwise',
  title: 'SKD: pair-wise',
  citation: 'Liu et al.: Structured Knowledge Distillation for Semantic Segmentation. CVPR 2019',
  equation: 'mean over pairs of places of (Aˢ − Aᵀ)², A = cosine of their features after max pooling',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 4,
  besides: ([height, width], { pool }) => 5 * (Math.ceil(height / pool) * Math.ceil(width / pool)) ** 2,
  loss(inputs, { tap, pool }) {
    const { student, teacher } = tapPair(inputs, tap);
    const similarity = (tap: Tensor4D) => {
      const nodes = direction(pixelsOf(pool === 1 ? tap : ceilMaxPool(tap, pool)));
      return tf.matMul(nodes, nodes, false, true);
    };
    const ofTeacher = similarity(atSizeOf(student, teacher));
    return squaredDistance(similarity(student), ofTeacher, ofTeacher.size);
  },
};
