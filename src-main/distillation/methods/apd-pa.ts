/**
 * Adaptive perspective distillation, its alignment term: the classes' centres, as an image (or batch) shows them, where the
 * teacher's are.
 *
 * Source     Z. Tian et al.: Adaptive Perspective Distillation for Semantic Segmentation, IEEE TPAMI 45(2), 2023 (see
 *            apd-pd.ts). Form: dvlab-research/APD: tool/train.py (CriterionKmeansInterWhole).
 * Equation   c_k as in apd-pd.ts, L = ½ · 1/K Σ_k (1 − ⟨c^S_k, c^T_k⟩) over the K classes that occur, computed as
 *            ¼ · 1/K Σ_k ‖c^S_k − c^T_k‖², which is the same; `sample`: of each image by itself, then the mean over images.
 * Taps       one, the last unless `tap` says another; of as many channels in both networks. The teacher's is resized
 *            (bilinear, corners not aligned) to the student's size.
 * Reduction  mean over the classes that occur. An image without labels counts 0.
 * Weight     10, the authors'.
 * Traps      as apd-pd.ts. Without an adapter the student's channels must mean what the teacher's do.
 * Cost       P·K·channels at the tap's size; no parameters of its own.
 */
import { z } from 'zod';
import { type Scalar, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { requireSameChannels } from '../ops.ts';
import { type Members, membersOf, type Perspective, perspective, presentIn, scopeOption } from '../perspectives.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  scope: scopeOption,
  adapter: z
    .enum(['none'])
    .default('none')
    .meta({ title: 'Adapter', description: 'None: the taps are taken as they are' }),
});

export const apdPa: Method<z.output<typeof params>> = {
  id: 'apd.pa',
  title: 'APD: alignment of the centres',
  citation: 'Tian et al.: Adaptive Perspective Distillation for Semantic Segmentation. IEEE TPAMI 45(2), 2023',
  equation: '½ meanₖ (1 − ⟨cₖˢ, cₖᵀ⟩), c = centres of the classes that occur',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 10,
  copies: 4,
  decides: ({ scope }) => ({ wholeBatch: scope === 'batch' }),
  loss(inputs, { tap, scope }) {
    const { student, teacher } = tapPair(inputs, tap);
    requireSameChannels(student, teacher, 'apd.pa');
    const members = membersOf(inputs.labels!, student, scope);
    return alignmentOf(perspective(student, members), perspective(atSizeOf(student, teacher), members), members);
  },
};

/** L_pa of two networks' perspectives on the same pixels. */
export function alignmentOf(student: Perspective, teacher: Perspective, members: Members): Scalar {
  const { groups, classes, present } = members;
  const counts = presentIn(members);
  const shares = present.map((one, at) => (one ? 0.25 / (groups * counts[Math.floor(at / classes)]) : 0));
  const apart = student.centres.sub(teacher.centres).square().sum(2);
  return apart.mul(tf.tensor2d(shares, [groups, classes])).sum<Scalar>();
}
