/**
 * FreeKD: the details of the teacher's features at several scales, where prompts that learn from the labels say that they
 * matter.
 *
 * Source     Y. Zhang, T. Huang, J. Liu, T. Jiang, K. Cheng, S. Zhang: FreeKD: Knowledge Distillation via Semantic Frequency
 *            Prompt, CVPR 2024, arXiv 2311.12079. Form: Gumpest/FreeKD: mmrazor/models/losses/freekd.py; we have read the code
 *            and the abstract, not the paper's equations.
 * Equation   L = Σ_l mean_{t,b,c,p} M_tlp |D_lb(a(F^S))_cp − D_lb(F^T)_cp| over `levels` levels l of the Haar transform, their
 *            three bands b of detail, channels c, positions p and prompts t; M_tlp = sigmoid(⟨k_tl, Σ_b D_lb(F^T)_p⟩).
 * Taps       one (`tap`, the last where none is named); the teacher's is resized (bilinear, corners not aligned) to the
 *            student's size. Beyond an odd border there are zeros.
 * Adapter    a = 1×1 convolution where the channels differ (the default), always, or never.
 * Prompts    k_tl of the levels and of what is left after them, `prompts` of each, of the teacher's channels. They learn apart
 *            from the student, by their own Adam at `rate`: by CE(H(F̂), labels) + Σ dice of each two masks of a level, F̂ what
 *            becomes of F^T when every band is multiplied by the sum of its masks, H = 1×1 convolution to the classes.
 * Reduction  as in the equation: mean over batch, prompts, bands, channels and positions.
 * Weight     1, 3 levels, 6 prompts: those of the authors' detectors, beside a mean squared error (`fitnets`) of weight 5. For
 *            segmentation none is released.
 * Traps      the authors tune the prompts before, through the teacher's own head; here a tap leads to no head, so H stands for
 *            it and learns alongside, at a rate that is ours. Labels are at the nearest pixel of the tap; an image without any
 *            moves no prompt but by the dice. What is left after the levels is not compared.
 * Cost       sixteen products with small matrices for three levels, and as many for the prompts: small.
 */
import { z } from 'zod';
import { sumAll } from '../../engine/ops/reduce.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import { pointwise, pointwiseArrays } from '../layers.ts';
import type { LossInputs, Method } from '../method.ts';
import { nearestLabels } from '../ops.ts';
import { rateOption } from '../options.ts';
import { adaptedPair, adapterArrays, adapterOption, atSizeOf, chosen, tapOption, tapPair } from '../taps.ts';
import { type Details, fromWavelets, waveletsOf } from '../wavelets.ts';
import { ce } from './ce.ts';

const params = z.strictObject({
  tap: tapOption,
  adapter: adapterOption,
  levels: z
    .number()
    .int()
    .min(1)
    .max(6)
    .default(3)
    .meta({ title: 'Levels', description: 'How often the map is halved, each time leaving three bands of detail' }),
  prompts: z
    .number()
    .int()
    .min(2)
    .max(64)
    .default(6)
    .meta({ title: 'Prompts', description: 'How many masks each level has' }),
  rate: rateOption(1e-3, 'Rate of the prompts', 'Learning rate of their own Adam; 0: they stay as they began'),
});

export const freekd: Method<z.output<typeof params>> = {
  id: 'freekd',
  title: 'FreeKD: details where prompts say',
  citation: 'Zhang et al.: FreeKD: Knowledge Distillation via Semantic Frequency Prompt. CVPR 2024',
  equation: 'Σ over levels of mean M |D(a(Fˢ)) − D(Fᵀ)|, D = details of the Haar transform, M = sigmoid of prompts',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 16,
  own(shapes, { tap, adapter, levels, prompts }) {
    const [, , channels] = chosen(shapes.teacher, tap);
    return [
      ...adapterArrays(shapes, tap, adapter),
      {
        name: 'prompts',
        shape: [levels + 1, prompts, channels],
        // With the deviation that the authors draw by, 0.01.
        init: { kind: 'uniform', bound: 0.01 * Math.sqrt(3) },
        learns: 'ownLoss',
      },
      ...pointwiseArrays('head', channels, shapes.classes, { learns: 'ownLoss' }),
    ];
  },
  ownRate: ({ rate }) => rate,
  ownLoss(inputs, { tap, levels }) {
    const { student, teacher: full } = tapPair(inputs, tap);
    const teacher = atSizeOf(student, full);
    const { rest, details } = waveletsOf(teacher, levels);
    const restMasks = masksOf(rest, inputs, 0);
    const masks = details.map((bands, level) => masksOf(summed(bands), inputs, level + 1));
    const masked = details.map((bands, level) => {
      const sum = over(masks[level], bands[0]);
      return bands.map((band) => band.mul<Tensor4D>(sum)) as unknown as Details;
    });
    const kept = { rest: rest.mul<Tensor4D>(over(restMasks, rest)), details: masked };
    const size = [teacher.shape[1], teacher.shape[2]] as const;
    const logits = pointwise(fromWavelets(kept, size), inputs.own!, 'head');
    const labels = nearestLabels(inputs.labels!, size);
    const judged = ce.loss({ student: { logits, taps: [] }, labels }, { classWeights: null });
    return tf.addN<Tensor>([judged, ...[restMasks, ...masks].map(alike)]) as Scalar;
  },
  loss(inputs, { tap, levels }) {
    const { student, teacher } = adaptedPair(inputs, tap);
    const ofTeacher = waveletsOf(teacher, levels).details;
    const apart = waveletsOf(student.sub<Tensor4D>(teacher), levels).details;
    const terms = apart.map((bands, level) => {
      const masks = masksOf(summed(ofTeacher[level]), inputs, level + 1);
      const share = over(masks, bands[0]).div<Tensor4D>(masks.shape[2] * 3 * bands[0].size);
      return tf.addN(bands.map((band) => weightedSize(band, share))) as Scalar;
    });
    return tf.addN(terms) as Scalar;
  },
};

function summed([across, down, both]: Details): Tensor4D {
  return across.add<Tensor4D>(down).add<Tensor4D>(both);
}

/** What each prompt of a level makes of each position: [N, positions, prompts]. */
function masksOf(band: Tensor4D, { own }: LossInputs, level: number): Tensor3D {
  const [, prompts, channels] = own!.get('prompts')!.shape;
  const chosenOnes = (own!.get('prompts') as Tensor3D)
    .slice<Tensor3D>([level, 0, 0], [1, prompts, channels])
    .reshape<Tensor2D>([prompts, channels]);
  const [batch, height, width] = band.shape;
  const scores = tf.matMul(band.reshape<Tensor2D>([-1, channels]), chosenOnes, false, true);
  return scores.sigmoid().reshape([batch, height * width, prompts]);
}

/** The sum of the masks at each position of a band: [N, h, w, 1]. */
function over(masks: Tensor3D, band: Tensor4D): Tensor4D {
  const [batch, height, width] = band.shape;
  return masks.sum(2).reshape([batch, height, width, 1]);
}

/** The mean dice coefficient of each two masks of an image: 2⟨a, b⟩ / (⟨a, a⟩ + ⟨b, b⟩ + 2e-12). */
function alike(masks: Tensor3D): Tensor {
  const [batch, , prompts] = masks.shape;
  const products = tf.matMul<Tensor3D>(masks, masks, true);
  const own = tf.eye(prompts).expandDims<Tensor3D>(0);
  const sizes = masks.square().sum(1).add(1e-12);
  const dice = products.mul(2).div(sizes.expandDims(1).add(sizes.expandDims(2)));
  return sumAll(dice.mul(tf.sub(1, own))).div(batch * prompts * (prompts - 1));
}

/** Σ share · |x|; the share is constant. */
function weightedSize(x: Tensor4D, share: Tensor4D): Scalar {
  return withGradient<Tensor4D, Scalar>(x, (values) => ({
    value: sumAll(values.abs().mul(share)),
    saved: [values.sign().mul(share)],
    gradient: (dy, [slope]) => slope.mul<Tensor4D>(dy),
  }));
}
