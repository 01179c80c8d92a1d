/**
 * Pixel-wise similarity distillation: where the student's attention moves from tap to tap, as the teacher's does.
 *
 * Source     Y. Feng, X. Sun, W. Diao, J. Li, X. Gao: Double Similarity Distillation for Semantic Image Segmentation,
 *            IEEE TIP 30, 2021, arXiv 2107.08591. Form: winycg/CIRKD: losses/dsd.py; attention as in Zagoruyko and
 *            Komodakis, ICLR 2017, with p = 2.
 * Equation   a(F) = N(vec(1/C Σ_c F_c²)), r_nm = N(a(F_m) − a(F_n)) for n < m,
 *            L = 1/K Σ_k 1/B Σ_b red_i (r_k^S − r_k^T)², N(v) = v / max(‖v‖₂, 1e-12) per image.
 *            `pairs`: all (CIRKD, K = L(L−1)/2) or adjacent (a note on the paper, K = L−1).
 *            red = the sum or the mean over positions.
 * Taps       two or more, in order; the usual ones are the ends of the levels. They may differ in channels and size:
 *            the channel-mean map is resized (bilinear, corners not aligned) to the student's last tap's size before N.
 *            The paper's way to bring sizes together is not known to us; CIRKD's taps are all at stride 8.
 * Weight     0.5 with `sum` (0.5 measured on CamVid crops; 0.16 in docs/study.md and the recipes `dsd` and `camvid-dsd`). CIRKD: 1000 with `mean`.
 * Traps      `mean` is tiny (unit vectors: at most 4/(H·W)) and its effective weight changes with the crop, so `sum` is
 *            the default. CIRKD lists the same tap twice for MobileNetV2: a residual that is exactly zero; two equal taps
 *            make the gradient huge, for N divides by 1e-12 there. Taps are bound by name here.
 * Cost       one pass over each tap, forward and back; no parameters of its own.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { energy } from '../../engine/ops/energy.ts';
import { applySeparable, resizeBilinear } from '../../engine/ops/spatial.ts';
import { unit } from '../../engine/ops/unit.ts';
import { type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';

const params = z.strictObject({
  pairs: z
    .enum(['all', 'adjacent'])
    .default('all')
    .meta({ title: 'Pairs of taps', description: 'Residuals of all pairs of taps, or of neighbours only' }),
  reduction: z.enum(['mean', 'sum']).default('sum').meta({
    title: 'Over positions',
    description: 'Sum (does not depend on the crop) or mean (as in CIRKD, with weight 1000)',
  }),
});
type Params = z.output<typeof params>;

export const dsdPsd: Method<Params> = {
  id: 'dsd.psd',
  title: 'DSD: pixel-wise similarity (PSD)',
  citation: 'Feng et al.: Double Similarity Distillation for Semantic Image Segmentation. IEEE TIP 30, 2021',
  equation: 'mean over pairs n<m of ‖rˢ − rᵀ‖², r = N(a(Fₘ) − a(Fₙ)), a(F) = N(mean over channels of F²)',
  params,
  teacher: true,
  labels: false,
  taps: 2,
  logits: 'none',
  defaultWeight: 0.5,
  copies: 2,
  teacherTaps: 'energy',
  loss({ student, teacher }, { pairs, reduction }) {
    const [, height, width] = student.taps[student.taps.length - 1].shape;
    const ofStudent = residuals(attention(student.taps, [height, width]), pairs);
    const ofTeacher = residuals(attention(teacher!.taps, [height, width]), pairs);
    const [count, batch, positions] = ofStudent.shape;
    return squaredDistance(ofStudent, ofTeacher, count * batch * (reduction === 'mean' ? positions : 1));
  },
};

/** a(F) of each tap at one size: taps×N×(height·width), of unit length in each image. */
export function attention(taps: readonly Tensor4D[], [height, width]: readonly [number, number]): Tensor3D {
  const maps = taps.map((tap) => {
    return resizeBilinear(energy(tap), [height, width]).reshape<Tensor3D>([1, tap.shape[0], height * width]);
  });
  return unit(tf.concat(maps));
}

/** The pairs n < m of `count` taps, in the order of `residuals`. */
export function tapPairs(count: number, pairs: Params['pairs']): [number, number][] {
  const list: [number, number][] = [];
  for (let n = 0; n < count; n++) {
    for (let m = n + 1; m < (pairs === 'all' ? count : Math.min(n + 2, count)); m++) list.push([n, m]);
  }
  return list;
}

/** N(a(F_m) − a(F_n)) of each pair: pairs×N×positions. */
export function residuals(attentions: Tensor3D, pairs: Params['pairs']): Tensor3D {
  const [taps, batch, positions] = attentions.shape;
  const list = tapPairs(taps, pairs);
  const signs = list.flatMap(([n, m]) => Array.from({ length: taps }, (_, i) => Number(i === m) - Number(i === n)));
  const stacked = attentions.reshape<Tensor4D>([1, taps, 1, batch * positions]);
  const differences = applySeparable(stacked, Float32Array.from(signs), Float32Array.of(1));
  return unit(differences.reshape([list.length, batch, positions]));
}
