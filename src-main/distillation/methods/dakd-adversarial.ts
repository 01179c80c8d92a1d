/**
 * The adversarial part of DAKD: a discriminator learns to tell class probabilities of the target data set from those of the
 * source, and the student to be taken for the source where it is on the target.
 *
 * Source     D. Kothandaraman, A. Nambiar, A. Mittal: Domain Adaptive Knowledge Distillation for Driving Scene Semantic
 *            Segmentation, WACV 2021 workshop, arXiv 2011.08007, after Y.-H. Tsai et al.: Learning to Adapt Structured Output
 *            Space for Semantic Segmentation, CVPR 2018. Form: divyakraman/Domain-Adaptive-Knowledge-Distillation-for-Driving-
 *            Scene-Semantic-Segmentation: train_gta2cs_ts_multi.py; wasidennis/AdaptSegNet: model/discriminator.py.
 * Equation   student, on the target: L = mean BCE(D(P), 0); discriminator: ½ mean BCE(D(P^source), 0) + ½ mean BCE(D(P^target), 1);
 *            P = softmax over classes of z, BCE(d, y) = log(1 + e^d) − y·d, means over D's positions and the batch. With
 *            `middle` a second discriminator does the same for a middle output, and counts so much.
 * Taps       none; logits at the label map's size, or with `size` = `student` at the student's stride. With `middle` the last of the
 *            taps is the middle output: it has to have a channel for each class. It is brought to the same size.
 * Adapter    D: convolutions 4×4 of stride 2, of `width`, 2, 4 and 8 times as many channels with LeakyReLU 0.2, and one to one
 *            channel. It learns by its own Adam at `rate`.
 * Reduction  mean over D's positions and the batch.
 * Weight     0.001, `middle` 0.2 (that is 0.0002), width 64, rate 1e-4: the authors'.
 * Traps      it has to count on both data sets; its value is that on the target. D halves its input five times and so wants 32
 *            rows and columns; of a smaller map it has fewer convolutions. The rate stays as it is, where theirs follows the
 *            poly schedule. A discriminator that is always right teaches nothing: look at what it learns by beside the value.
 * Cost       D forward four times and back three times: at the label map's size with the default width far more than a small
 *            student's own step; a width of 8, or the student's stride, is a small part of it.
 */
import { z } from 'zod';
import { total } from '../../base/total.ts';
import { Problem } from '../../contract/problem.ts';
import { timesScalar } from '../../engine/ops/combine.ts';
import { softened } from '../../engine/ops/softmax.ts';
import { resizeBilinear } from '../../engine/ops/spatial.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor4D, tf } from '../../engine/tf.ts';
import { convArrays, convolution } from '../layers.ts';
import type { LossInputs, Method, OwnArray } from '../method.ts';
import { rateOption, widthOption } from '../options.ts';

const KERNEL = 4;
const SLOPE = 0.2;
/** The most convolutions, the last one included. */
const MOST = 5;

const params = z.strictObject({
  size: z.enum(['label', 'student']).default('label').meta({
    title: 'Size',
    description: 'Probabilities of the label map’s size (as the authors), or at the student’s stride',
  }),
  middle: z.number().min(0).max(1000).default(0).meta({
    title: 'Middle output',
    description: 'What a second discriminator, of the tapped middle output, counts beside the first; 0: there is none',
  }),
  width: widthOption,
  rate: rateOption(1e-4, 'Rate of the discriminator'),
});
type Params = z.output<typeof params>;

export const dakdAdversarial: Method<Params> = {
  id: 'dakd.adversarial',
  title: 'DAKD: adversarial part',
  citation:
    'Kothandaraman, Nambiar, Mittal: Domain Adaptive Knowledge Distillation for Driving Scene Semantic Segmentation. WACV workshops 2021',
  equation: 'on the target: mean BCE(D(softmax(zˢ)), source); D learns to tell source from target',
  params,
  teacher: false,
  labels: false,
  taps: 0,
  logits: 'label',
  defaultWeight: 0.001,
  copies: 8,
  needsBoth: true,
  besides: ([height, width, classes], options) => {
    const cells = (i: number) => (height * width) / 4 ** (i + 1);
    const layers = channelsOf([height, width], options.width).map((channels, i) => channels * cells(i));
    const one = 8 * total(layers);
    return options.middle > 0 ? 2 * one + 8 * height * width * classes : one;
  },
  decides: ({ size, middle }) => ({ logits: size, taps: middle > 0 ? 1 : 0 }),
  own({ classes, logits, student }, { middle, width }) {
    const layers = channelsOf(logits!, width);
    if (layers.length === 0) {
      throw new Problem(`dakd.adversarial: maps of ${logits!.join('×')} are too small for its discriminator.`, {
        where: 'size',
        next: 'Take a larger crop, or the label map’s size.',
      });
    }
    const channels = student.at(-1)?.[2];
    if (middle > 0 && channels !== classes) {
      throw new Problem(`The tap of dakd.adversarial has ${channels} channels, but there are ${classes} classes.`, {
        where: 'middle',
        next: 'Tap an output of the student’s with a channel for each class, or set middle to 0.',
      });
    }
    return ['last', ...(middle > 0 ? ['middle'] : [])].flatMap((name) => arraysOf(name, classes, layers));
  },
  ownRate: ({ rate }) => rate,
  loss(inputs, options) {
    if (inputs.domain !== 'target') return tf.scalar(0);
    return judged(inputs, options, { constant: true, truth: 0 });
  },
  ownLoss(inputs, options) {
    const truth = inputs.domain === 'target' ? 1 : 0;
    return judged(inputs, { ...options, middle: Math.sign(options.middle) }, { constant: false, truth }).div(2);
  },
};

/** Channels after each convolution of the discriminator of a map of this size. */
function channelsOf([height, width]: readonly [number, number], first: number): number[] {
  const count = Math.min(MOST, Math.floor(Math.log2(Math.min(height, width))));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : first * 2 ** i));
}

function arraysOf(name: string, classes: number, channels: readonly number[]): OwnArray[] {
  return channels.flatMap((outputs, i) =>
    convArrays(`${name}${i}`, KERNEL, channels[i - 1] ?? classes, outputs, { learns: 'ownLoss' }),
  );
}

/** The cross-entropy of what the discriminators say, the second one's times `middle`. */
function judged(
  { student, own }: LossInputs,
  { middle }: Params,
  { constant, truth }: { constant: boolean; truth: number },
): Scalar {
  const logits = student.logits!;
  const of = (map: Tensor4D, name: string) =>
    binaryCrossEntropy(verdict(softened(map, 1), own!, name, constant), truth);
  const last = of(logits, 'last');
  if (middle === 0) return last;
  const tap = student.taps.at(-1)!;
  const size = [logits.shape[1], logits.shape[2]] as const;
  const sized = tap.shape[1] === size[0] && tap.shape[2] === size[1] ? tap : resizeBilinear(tap, size);
  return last.add(of(sized, 'middle').mul(middle));
}

function verdict(map: Tensor4D, own: ReadonlyMap<string, Tensor>, name: string, constant: boolean): Tensor4D {
  let x = map;
  for (let i = 0; own.has(`${name}${i}.weight`); i++) {
    // No bend after the last.
    if (i > 0) x = x.mul<Tensor4D>(x.step(SLOPE));
    x = convolution(x, own, `${name}${i}`, { stride: 2, padding: 1, constant });
  }
  return x;
}

/** The mean of log(1 + e^d) − y·d, without overflow. */
function binaryCrossEntropy(scores: Tensor4D, truth: number): Scalar {
  return withGradient<Tensor4D, Scalar>(scores, (d) => ({
    value: d.relu().sub(d.mul(truth)).add(d.abs().neg().exp().log1p()).mean<Scalar>(),
    saved: [d.sigmoid().sub(truth).div(d.size)],
    gradient: (dy, [slope]) => timesScalar(slope as Tensor4D, dy),
  }));
}
