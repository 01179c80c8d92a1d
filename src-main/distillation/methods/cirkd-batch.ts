/**
 * Cross-image relational distillation within the batch: which pixels of each image resemble which pixels of each other one.
 *
 * Source     C. Yang, H. Zhou, Z. An, X. Jiang, Y. Xu, Q. Zhang: Cross-Image Relational Knowledge Distillation for Semantic
 *            Segmentation, CVPR 2022, arXiv 2204.06986, its mini-batch pixel-to-pixel part. Form: winycg/CIRKD:
 *            losses/cirkd_mini_batch.py.
 * Equation   F = average pooling of the tap (stride = kernel, ceil mode), u_ip = N(F_ip) for pixel p of image i,
 *            N(v) = v / max(‖v‖₂, 1e-12); for each two images S_ij = U_i U_jᵀ, P×P for P pixels;
 *            L = 1/B² Σ_i Σ_j 1/P Σ_p KL(softmax_q(S^T_ij[p,q]/τ) ‖ softmax_q(S^S_ij[p,q]/τ)), i = j included.
 * Taps       one, the last unless `tap` says another; of any number of channels. The teacher's is resized (bilinear,
 *            corners not aligned) to the student's size. No adapter.
 * Reduction  KL summed over the pixels of the other image, mean over pixels and over all pairs of images; no factor τ².
 * Weight     1, τ = 0.1: CIRKD's. It does not pool, having 2 images on a card; pool 2 is ours, for batches of more.
 * Traps      it needs the images of a batch together, so that a batch cannot be computed in parts.
 * Cost       (B·P)² · channels: pool until B·P is a few thousand at most. One image's rows are held at a time.
 */
import { z } from 'zod';
import { divergenceOf } from '../../engine/ops/divergence.ts';
import { averagePool } from '../../engine/ops/spatial.ts';
import { unit } from '../../engine/ops/unit.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { poolOption, temperatureOption } from '../options.ts';
import { atSizeOf, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  temperature: temperatureOption(0.1, 'cosines', 'Temperature τ'),
  pool: poolOption(2, 'Average pooling of the tap before: 1 is none'),
});
type Params = z.output<typeof params>;

export const cirkdBatch: Method<Params> = {
  id: 'cirkd.batch',
  title: 'CIRKD: pixels of the batch',
  citation: 'Yang et al.: Cross-Image Relational Knowledge Distillation for Semantic Segmentation. CVPR 2022',
  equation: 'mean over images i, j and pixels p of KL(softmax(sᵀᵢⱼₚ/τ) ‖ softmax(sˢᵢⱼₚ/τ)), s = cosines of pixels',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 6,
  wholeBatch: true,
  loss(inputs, { tap, temperature, pool }) {
    const { student, teacher } = tapPair(inputs, tap);
    const images = student.shape[0];
    return relations(directions(student, pool), directions(atSizeOf(student, teacher), pool), images, temperature);
  },
};

/** The direction of each pixel after pooling, image after image: [B·P, channels]. */
function directions(tap: Tensor4D, pool: number): Tensor2D {
  const pooled = pool === 1 ? tap : averagePool(tap, pool, { ceil: true });
  return unit(pooled.reshape<Tensor2D>([-1, tap.shape[3]]));
}

function relations(student: Tensor2D, teacher: Tensor2D, images: number, temperature: number): Scalar {
  const pixels = student.shape[0] / images;
  const share = 1 / (images * images * pixels * temperature ** 2);
  return withGradient<Tensor2D, Scalar>(student, (all) => {
    const first = (n: number): [number, number] => [n * pixels, 0];
    const cosines = (rows: Tensor2D, others: Tensor2D) =>
      tf.matMul(rows, others, false, true).reshape<Tensor3D>([pixels, images, pixels]);
    let value: Scalar = tf.scalar(0);
    let ofOthers: Tensor2D = tf.zerosLike(all);
    const ofRows: Tensor2D[] = [];
    for (let n = 0; n < images; n++) {
      const made = tf.tidy(() => {
        const rows = all.slice<Tensor2D>(first(n), [pixels, all.shape[1]]);
        const taught = cosines(teacher.slice<Tensor2D>(first(n), [pixels, teacher.shape[1]]), teacher);
        const { value: divergence, gradient } = divergenceOf(cosines(rows, all), taught, temperature, share);
        const slope = gradient.reshape<Tensor2D>([pixels, images * pixels]);
        return {
          value: value.add<Scalar>(divergence),
          ofRows: tf.matMul<Tensor2D>(slope, all),
          ofOthers: ofOthers.add<Tensor2D>(tf.matMul(slope, rows, true)),
        };
      });
      tf.dispose([value, ofOthers]);
      value = made.value;
      ofOthers = made.ofOthers;
      ofRows.push(made.ofRows);
    }
    return {
      value,
      saved: [tf.concat<Tensor2D>(ofRows).add<Tensor2D>(ofOthers)],
      gradient: (dy, [slope]) => slope.mul<Tensor2D>(dy),
    };
  });
}
