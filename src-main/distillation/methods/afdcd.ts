/**
 * Dense contrastive distillation without augmentation (Af-DCD): in each small patch, a group of the student's channels at a
 * pixel is to be nearer to the same group at the same pixel of the teacher than to others there.
 *
 * Source     J. Fan, C. Li, X. Liu, M. Song, A. Yao: Augmentation-free Dense Contrastive Knowledge Distillation for Efficient
 *            Semantic Segmentation, NeurIPS 2023, arXiv 2312.04168. Form: OSVAI/Af-DCD: losses/ocmgd.py. We have read the
 *            abstract and the code, not the paper's equations.
 * Equation   F = max pooling of the tap (stride = kernel), cut to whole patches of patch×patch pixels; a pixel's C channels
 *            in M groups of C/M: vectors f_im, pixel i of the patch, group m. With d = the sum of absolute differences,
 *            L = 1/B · 1/(H·W) Σ_{patches, i, m} −log( e^{−d(s_im,t_im)/τ} / (e^{−d(s_im,t_im)/τ} + Σ_{jn} e^{−d(s_im,t_jn)/τ}) ),
 *            H·W the pixels in patches. Negatives (j, n): `groups` — other groups n ≠ m at all pixels of the patch
 *            (the released code); `channel` — other groups at the same pixel; `spatial` — the same group at other pixels;
 *            `omni` — all but (i, m) itself. The last three are how we read "across both channel and spatial dimensions".
 *            With a `generator` the student's tap is first blanked out in part and put through G, 3×3 convolutions with ReLU,
 *            as in MGD: `plain` two of them; `enhanced` two blocks, and the mean of a convolution of each one's output.
 *            Feature mimicking, `mimicking` · 1/B Σ (G − F^T)², is added before the pooling.
 * Taps       one, the last unless `tap` says another; the teacher's channels are a multiple of M. The teacher's is resized
 *            (bilinear, corners not aligned) to the student's size.
 * Adapter    1×1 convolution where the channels differ (the default), always, or never; then G, where there is one.
 * Reduction  sum over groups, mean over pixels and batch.
 * Weight     0.001 (0.01 for CamVid), M = 16, τ = 0.07, pool 4 (none for CamVid), patch 4, masked 0.75: the authors'. Their
 *            scripts have a generator and mimicking of 0.0004 (`enhanced`, Cityscapes) and 0.0008 (`plain`, CamVid) of the
 *            term's weight; without both, which is the default here, the contrast stands alone.
 * Traps      pixels that fill no whole patch are left out; a pooled map that is smaller than a patch has none, which is an
 *            error. Distances are sums over C/M channels, so τ depends on how many and how large they are.
 * Cost       pixels · patch² · M² · C/M: pool. A generator: two or four 3×3 convolutions of the teacher's channels.
 */
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import { timesScalar } from '../../engine/ops/combine.ts';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { maxPool, maxPoolGradient } from '../../engine/ops/max-pool.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { logSoftmax } from '../../engine/ops/softmax.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import { blankedAtRandom, blankedInside, generated, generatorArrays } from '../generation.ts';
import { convArrays, convolution } from '../layers.ts';
import type { LossInputs, Method, OwnArray } from '../method.ts';
import { maskedOption, poolOption, shareOption, temperatureOption } from '../options.ts';
import { adaptedPair, adapterArrays, adapterOption, chosen, tapOption } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  negatives: z.enum(['groups', 'channel', 'spatial', 'omni']).default('groups').meta({
    title: 'Negatives',
    description: 'Other channel groups in the patch (as released), at the same pixel, the same group elsewhere, or all',
  }),
  groups: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .meta({ title: 'Channel groups', description: 'Into how many groups the channels are cut' }),
  patch: z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(4)
    .meta({ title: 'Patch', description: 'Height and width of the patches, in pixels after pooling' }),
  pool: poolOption(4, 'Max pooling of the taps before: 1 is none'),
  temperature: temperatureOption(0.07, 'distances', 'Temperature τ'),
  adapter: adapterOption,
  generator: z.enum(['none', 'plain', 'enhanced']).default('none').meta({
    title: 'Generator',
    description:
      'What the student’s tap, partly blanked out, goes through before: nothing, two or four 3×3 convolutions',
  }),
  mask: z
    .enum(['random', 'middle'])
    .default('random')
    .meta({ title: 'Blanked out', description: 'With a generator: positions at random, or the middle ninth' }),
  masked: maskedOption,
  mimicking: shareOption(0, 'Mimicking', 'Weight of the squared distance of the features within the term'),
});
type Params = z.output<typeof params>;

/** What leaves a pair out of a softmax. */
const OUT = -1e30;

export const afdcd: Method<Params> = {
  id: 'afdcd',
  title: 'Af-DCD: dense contrast in patches',
  citation: 'Fan et al.: Augmentation-free Dense Contrastive Knowledge Distillation. NeurIPS 2023',
  equation: 'meanₚ Σₘ −log softmax(−‖sₚₘ − t‖₁/τ)[tₚₘ], over channel groups t of the same patch',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 0.001,
  copies: 6,
  besides: ([height, width, channels], { generator }) => (generator === 'none' ? 0 : 12 * height * width * channels),
  own(shapes, { tap, adapter, generator }) {
    const [, , channels] = chosen(shapes.teacher, tap);
    const layers = { none: [], plain: generatorArrays(channels), enhanced: enhancedArrays(channels) };
    return [...adapterArrays(shapes, tap, adapter), ...layers[generator]];
  },
  loss(inputs, options) {
    const { student, teacher } = adaptedPair(inputs, options.tap);
    const made = projected(student, inputs, options);
    const ofStudent = patches(made, options);
    const ofTeacher = patches(teacher, options);
    const pixels = ofStudent.shape[0] * options.patch ** 2;
    const contrasted = contrast(ofStudent, ofTeacher, pairs(options), options.temperature, pixels);
    if (options.mimicking === 0) return contrasted;
    return contrasted.add(squaredDistance(made, teacher, student.shape[0]).mul(options.mimicking));
  },
};

const ENHANCED = ['block1', 'block2', 'project1', 'project2'] as const;

function enhancedArrays(channels: number): OwnArray[] {
  return ENHANCED.flatMap((name) => convArrays(name, 3, channels, channels));
}

/** What is compared of the student's tap. */
function projected(student: Tensor4D, inputs: LossInputs, { generator, mask, masked }: Params): Tensor4D {
  if (generator === 'none') return student;
  const blanked = mask === 'middle' ? blankedInside(student) : blankedAtRandom(student, inputs, masked);
  if (generator === 'plain') return generated(blanked, inputs.own);
  const layer = (x: Tensor4D, name: (typeof ENHANCED)[number]) => convolution(x, inputs.own!, name, { padding: 1 });
  const first = layer(blanked, 'block1').relu<Tensor4D>();
  const second = layer(first, 'block2').relu<Tensor4D>();
  return layer(first, 'project1').add<Tensor4D>(layer(second, 'project2')).div(2);
}

/** Patches of the pooled map, in each the channel groups of its pixels, pixel by pixel: [patches, pixels·groups, channels]. */
function patches(tap: Tensor4D, { pool, patch, groups }: Params): Tensor3D {
  const pooled = pool === 1 ? tap : maxPooled(tap, pool);
  const [images, height, width, channels] = pooled.shape;
  if (channels % groups !== 0) {
    throw new Problem(`afdcd: a tap of ${channels} channels cannot be cut into ${groups} groups.`, {
      where: 'groups',
      next: 'Choose a number of groups that divides the channels.',
    });
  }
  const down = Math.floor(height / patch);
  const across = Math.floor(width / patch);
  if (down === 0 || across === 0) {
    throw new Problem(
      `afdcd: a tap of ${tap.shape[1]}×${tap.shape[2]} has no patch of ${patch}×${patch} after pooling.`,
      {
        where: 'pool',
        next: 'Pool less, or choose smaller patches.',
      },
    );
  }
  return pooled
    .slice<Tensor4D>([0, 0, 0, 0], [images, down * patch, across * patch, channels])
    .reshape<Tensor4D>([images * down, patch, across, patch * channels])
    .transpose<Tensor4D>([0, 2, 1, 3])
    .reshape([images * down * across, patch * patch * groups, channels / groups]);
}

function maxPooled(x: Tensor4D, kernel: number): Tensor4D {
  const window = { kernel, stride: kernel, padding: 0 };
  return withGradient<Tensor4D, Tensor4D>(x, (input) => ({
    value: maxPool.form(input, window),
    saved: [input],
    gradient: (dy, [kept]) => maxPoolGradient.form(dy, kept as Tensor4D, window),
  }));
}

/** 0 for each two groups of a patch that are held against each other, of the first with itself too; else OUT. */
function pairs({ patch, groups, negatives }: Params): Float32Array {
  const size = patch * patch * groups;
  const counts = (one: number, other: number) => {
    const sameGroup = one % groups === other % groups;
    const samePixel = Math.floor(one / groups) === Math.floor(other / groups);
    if (sameGroup && samePixel) return true;
    return { groups: !sameGroup, channel: samePixel, spatial: sameGroup, omni: true }[negatives];
  };
  return Float32Array.from({ length: size * size }, (_, at) => (counts(Math.floor(at / size), at % size) ? 0 : OUT));
}

/** Σ −log softmax(−d(s_q, t_r)/τ)[q] / pixels of vectors s and t, [patches, size, channels]; t is constant. */
function contrast(
  student: Tensor3D,
  teacher: Tensor3D,
  mask: Float32Array,
  temperature: number,
  pixels: number,
): Scalar {
  const [count, size, channels] = student.shape;
  const own = tf.eye(size);
  /** s − t of each two groups in one channel: [patches, size, size]. */
  const apart = (s: Tensor3D, channel: number) =>
    s
      .slice<Tensor3D>([0, 0, channel], [count, size, 1])
      .sub<Tensor3D>(teacher.slice([0, 0, channel], [count, size, 1]).reshape([count, 1, size]));
  return withGradient<Tensor3D, Scalar>(student, (s) => {
    let distances: Tensor = tf.zeros([count, size, size]);
    for (let c = 0; c < channels; c++) {
      const further = tf.tidy(() => distances.add(apart(s, c).abs()));
      distances.dispose();
      distances = further;
    }
    const log = logSoftmax.form(distances.div(-temperature).add(tf.tensor3d(mask, [1, size, size])));
    const slope = log
      .exp()
      .sub(own)
      .div(-temperature * pixels);
    const slopes = Array.from({ length: channels }, (_, c) => tf.tidy(() => slope.mul(apart(s, c).sign()).sum(2)));
    return {
      value: sumAll(log.mul(own)).div<Scalar>(-pixels),
      saved: [tf.stack(slopes, 2)],
      gradient: (dy, [g]) => timesScalar(g as Tensor3D, dy),
    };
  });
}
