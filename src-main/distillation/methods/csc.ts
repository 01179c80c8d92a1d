/**
 * Channel and spatial correlation: how the products of a pixel's class scores resemble those of every other pixel.
 *
 * Source     S. Park, Y. S. Heo: Knowledge Distillation for Semantic Segmentation Using Channel and Spatial Correlations and
 *            Adaptive Cross Entropy, Sensors 20 (16), 2020; claim 1 of US 11,756,202 B2, which says: vectors of the last
 *            layer, normalised; each with its circular shifts over the C labels; these joined, then paired over pixels; the
 *            Euclidean norm of the difference. We have not read the equation: what is made of a vector and its shift, and
 *            what is joined, is our reading, hence `form`.
 * Equation   Z = average pooling of the logits (stride = kernel, ceil mode), u_p = N(Z_p), N(v) = v / max(‖v‖₂, 1e-12);
 *            a_pk = u_p ⊙ shift_k(u_p), k = 0 … C−1, shift_k(v)_c = v_{c−k mod C};
 *            joined:   M_pq = Σ_k ⟨a_pk, a_qk⟩, which is ⟨u_p, u_q⟩², one matrix of P×P per image (P pixels);
 *            by-shift: M_kpq = ⟨a_pk, a_qk⟩, C matrices.
 *            L = 1/B Σ_images ‖M^S − M^T‖_F / √(entries of M), or with `squared` its square.
 * Taps       none; logits at the student's stride, the teacher's average-pooled to it in training. Sizes must be the same.
 * Reduction  root mean square (or mean square) over the entries, mean over images.
 * Weight     1; the paper's is not known to us, nor its pooling. Pool 2 keeps M small.
 * Traps      M grows with the square of the crop: at a stride of 8, a crop of 512×1024 has 8192 pixels; pool.
 * Cost       P²·C per image for `joined`, C times that for `by-shift`; no parameters of its own.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { averagePool } from '../../engine/ops/spatial.ts';
import { unit } from '../../engine/ops/unit.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor1D, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, requireSameSize } from '../ops.ts';
import { poolOption } from '../options.ts';

const params = z.strictObject({
  form: z.enum(['joined', 'by-shift']).default('joined').meta({
    title: 'Form',
    description: 'One matrix over all shifts together, or one for each circular shift of the classes',
  }),
  norm: z
    .enum(['euclidean', 'squared'])
    .default('euclidean')
    .meta({ title: 'Norm', description: 'Root mean square of the differences, or mean square' }),
  pool: poolOption(2, 'Average pooling of the logits before: 1 is none'),
});
type Params = z.output<typeof params>;

export const csc: Method<Params> = {
  id: 'csc',
  title: 'Channel and spatial correlation (CSC)',
  citation:
    'Park, Heo: Knowledge Distillation for Semantic Segmentation Using Channel and Spatial Correlations and Adaptive Cross Entropy. Sensors 20, 2020',
  equation: '‖Mˢ − Mᵀ‖, M = how much the products of class scores of each two pixels resemble each other',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'student',
  defaultWeight: 1,
  copies: 4,
  loss(inputs, { form, norm, pool }) {
    const { student, teacher } = logitPair(inputs);
    requireSameSize(student, teacher, 'logits');
    const matrices = (logits: Tensor4D) => correlations(directions(logits, pool), form);
    return apart(matrices(student), matrices(teacher), student.shape[0], norm);
  },
};

/** Of each pixel after pooling, its class scores at unit length: N×P×C. */
function directions(logits: Tensor4D, pool: number): Tensor3D {
  const pooled = pool === 1 ? logits : averagePool(logits, pool, { ceil: true });
  const [images, height, width, classes] = pooled.shape;
  return unit(pooled.reshape<Tensor3D>([images, height * width, classes]));
}

/** N×P×P for `joined`; N·C×P×P, image by image, for `by-shift`. */
function correlations(u: Tensor3D, form: Params['form']): Tensor3D {
  if (form === 'joined') return tf.matMul<Tensor3D>(u, u, false, true).square();
  const [images, pixels, classes] = u.shape;
  const shifts = Array.from({ length: classes }, (_, k) => {
    const at = (first: number, count: number) => u.slice<Tensor3D>([0, 0, first], [images, pixels, count]);
    const shifted = k === 0 ? u : tf.concat<Tensor3D>([at(classes - k, k), at(0, classes - k)], 2);
    return u.mul<Tensor3D>(shifted);
  });
  const products = tf.stack(shifts, 1).reshape<Tensor3D>([images * classes, pixels, classes]);
  return tf.matMul(products, products, false, true);
}

/** The mean over images of the root mean square, or mean square, of a − b; b is constant. */
function apart(a: Tensor3D, b: Tensor3D, images: number, norm: Params['norm']): Scalar {
  const entries = a.size / images;
  if (norm === 'squared') return squaredDistance(a, b, a.size);
  return withGradient(a, (input) => {
    const difference = input.sub<Tensor3D>(b);
    // Row by row: in float32 that loses less than one long running sum.
    const ofRows = difference.square().sum<Tensor2D>(2);
    const lengths = ofRows.reshape<Tensor2D>([images, -1]).sum<Tensor1D>(1).sqrt();
    const divisor = lengths
      .maximum(1e-30)
      .mul<Tensor1D>(images * Math.sqrt(entries))
      .reshape([images, 1]);
    return {
      value: lengths.mean<Scalar>().div<Scalar>(Math.sqrt(entries)),
      saved: [difference.reshape<Tensor2D>([images, entries]).div<Tensor2D>(divisor).reshape<Tensor3D>(a.shape)],
      gradient: (dy, [slope]) => slope.mul<Tensor3D>(dy),
    };
  });
}
