/**
 * Adaptive perspective distillation, its distribution term: how near each pixel is to each class as the pixels of the same
 * image (or batch) show the classes, held against the teacher's.
 *
 * Source     Z. Tian, P. Chen, X. Lai, L. Jiang, S. Liu, H. Zhao, B. Yu, M.-C. Yang, J. Jia: Adaptive Perspective Distillation
 *            for Semantic Segmentation, IEEE TPAMI 45(2), 2023. Form: dvlab-research/APD: tool/train.py
 *            (CriterionKmeansInterWhole).
 * Equation   u_p = N(F_p), c_k = N(mean of u_p over the pixels p of class k), for the K classes that occur;
 *            z_pk = τ ⟨u_p, c_k⟩, L = 1/(K·P) Σ_p Σ_k P^T_pk (log P^T_pk − log P^S_pk), P = softmax over the K classes.
 *            `sample`: centres, K and P of each image by itself, then the mean over images; `batch`: of all images together.
 *            Labels are resized to the nearest pixel. N(v) = v / max(‖v‖₂, 1e-12).
 * Taps       one, the last unless `tap` says another, of any number of channels; the authors' is the map before the
 *            classifier. The teacher's is resized (bilinear, corners not aligned) to the student's size.
 * Reduction  mean over pixels and over the K classes (PyTorch's KLDivLoss('mean')). Ignored pixels shape no centre, but take
 *            part: they too lie somewhere between the classes. An image without labels counts 0.
 * Weight     10 and τ = 10, the authors'.
 * Traps      the abstract says each training sample, the code takes the batch (2 images on a card); neither has been held
 *            against the paper's text. With `batch`, a batch cannot be computed in parts. The authors put an
 *            adapter of two 1×1 convolutions before N in both networks; here the taps are taken as they are.
 * Cost       P·K·channels at the tap's size, twice; no parameters of its own.
 */
import { z } from 'zod';
import { divergence } from '../../engine/ops/divergence.ts';
import { type Scalar, type Tensor3D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import {
  type Members,
  membersOf,
  type Perspective,
  perspective,
  presentIn,
  scaleOption,
  scopeOption,
  scoresOf,
} from '../perspectives.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  scope: scopeOption,
  adapter: z
    .enum(['none'])
    .default('none')
    .meta({ title: 'Adapter', description: 'None: the taps are taken as they are' }),
  tau: scaleOption,
});

/** What leaves a class out of a softmax. */
const OUT = -1e30;

export const apdPd: Method<z.output<typeof params>> = {
  id: 'apd.pd',
  title: 'APD: distribution of the perspective',
  citation: 'Tian et al.: Adaptive Perspective Distillation for Semantic Segmentation. IEEE TPAMI 45(2), 2023',
  equation: 'meanₚ 1/K KL(softmax(τ⟨uₚ, c⟩)ᵀ ‖ softmax(τ⟨uₚ, c⟩)ˢ), c = centres of the K classes that occur',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 10,
  copies: 8,
  decides: ({ scope }) => ({ wholeBatch: scope === 'batch' }),
  loss(inputs, { tap, scope, tau }) {
    const { student, teacher } = tapPair(inputs, tap);
    const members = membersOf(inputs.labels!, student, scope);
    const ofTeacher = perspective(atSizeOf(student, teacher), members);
    return distributionOf(perspective(student, members), ofTeacher, members, tau);
  },
};

/** L_pd of two networks' perspectives on the same pixels; the teacher's is constant. */
export function distributionOf(student: Perspective, teacher: Perspective, members: Members, tau: number): Scalar {
  const { groups, pixels } = members;
  const shares = presentIn(members).map((count) => (count > 0 ? 1 / (groups * count * pixels) : 0));
  const absent = tf.tensor3d(
    members.present.map((one) => (one ? 0 : OUT)),
    [groups, 1, members.classes],
  );
  const scores = (of: Perspective) => scoresOf(of, tau).add<Tensor3D>(absent);
  return divergence(scores(student), scores(teacher), 1, tf.tensor3d(shares, [groups, 1, 1]));
}
