/**
 * Knowledge adaptation: the teacher's features are first put into few channels by an autoencoder, and the student's, through
 * adapters, are held against these: value by value, and by which positions go together.
 *
 * Source     T. He, C. Shen, Z. Tian, D. Gong, C. Sun, Y. Yan: Knowledge Adaptation for Efficient Semantic Segmentation, CVPR
 *            2019, arXiv 1903.04688. Form: yoshitomo-matsubara/torchdistill: KTALoss, AffinityLoss and its configuration
 *            ktaad; the authors' code was never released, and we have not read the paper's equations.
 * Equation   L = `translation` · L_kta + `affinity` · L_aff. With E the code of the teacher's tap and n(v) = v/‖v‖_q over all of
 *            an image's values: p = 1: L_kta = mean |n(A(F^S)) − n(E)|; p = 2: mean_n ‖n(A(F^S)) − n(E)‖₂.
 *            L_aff = mean_n Σ_c ‖a_c a_cᵀ − e_c e_cᵀ‖_F / (h·w), a_c, e_c the channels of B(F^S) and of E, each of unit
 *            length over the positions; of that norm the same as √½ ‖a_c − e_c‖ ‖a_c + e_c‖, without the matrices.
 * Taps       one, the last unless `tap` says another (torchdistill: the logits). The teacher's is resized (bilinear, corners not
 *            aligned) to the student's size.
 * Adapter    A = 3×3 convolution, batch norm, ReLU; B = 3×3 convolution; both to the code's channels, learning with the student.
 *            The autoencoder: three 3×3 convolutions to `code` · channels of the teacher, three back, each with batch norm and
 *            LeakyReLU 0.1. It learns apart from the student, by its own Adam at `rate`, by mean (x̂ − x)² + `sparsity` · Σ |E|.
 * Reduction  as in the equation; mean over the batch.
 * Weight     1, with 50 and 1 within, p = 1, q = 2, code 0.5, sparsity 1e-7: torchdistill's.
 * Traps      there the autoencoder is trained first and then frozen; here it learns alongside, so let the weight grow by a
 *            `schedule` (it rests where that is 0). Its rate 0.001 is ours, and its batch norm always goes by the batch. With
 *            p = 1 the mean over all values makes the term depend on their number. Σ |E| grows with batch and crop.
 * Cost       six 3×3 convolutions of the teacher's channels forward and back and three more forward: dear where those are many.
 */
import { z } from 'zod';
import { squaredDistance } from '../../engine/ops/distance.ts';
import { sumAll } from '../../engine/ops/reduce.ts';
import { direction, SHORTEST } from '../../engine/ops/unit.ts';
import { withGradient } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import { batchNormArrays, batchNormed, convArrays, convolution } from '../layers.ts';
import type { LossInputs, Method, OwnArray } from '../method.ts';
import { pixelsOf } from '../ops.ts';
import { rateOption, shareOption } from '../options.ts';
import { atSizeOf, chosen, tapOption, tapPair } from '../taps.ts';

const norm = (initial: number, title: string, description: string) =>
  z.number().int().min(1).max(2).default(initial).meta({ title, description });

const params = z.strictObject({
  tap: tapOption,
  translation: shareOption(50, 'Translation', 'Weight of the values’ part within the term; 0: it is left out'),
  affinity: shareOption(1, 'Affinity', 'Weight of the part about positions that go together; 0: it is left out'),
  p: norm(1, 'Norm p', 'Of the difference of the values'),
  q: norm(2, 'Norm q', 'That the values of an image are divided by'),
  code: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .meta({ title: 'Code', description: 'Channels of the code, as a share of the teacher’s' }),
  sparsity: z
    .number()
    .min(0)
    .max(1)
    .default(1e-7)
    .meta({ title: 'Sparsity', description: 'Weight of the code’s absolute sum as the autoencoder learns' }),
  rate: rateOption(1e-3, 'Rate of the autoencoder'),
});
type Params = z.output<typeof params>;

const ENCODER = ['encode1', 'encode2', 'encode3'];
const DECODER = ['decode1', 'decode2', 'decode3'];
const SLOPE = 0.1;

export const ka: Method<Params> = {
  id: 'ka',
  title: 'Knowledge adaptation (KA)',
  citation: 'He et al.: Knowledge Adaptation for Efficient Semantic Segmentation. CVPR 2019',
  equation: '50 · mean |n(A(Fˢ)) − n(E)| + Σ over channels ‖aaᵀ − eeᵀ‖/hw, E = autoencoder’s code of Fᵀ',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 20,
  wholeBatch: true,
  own({ student, teacher }, { tap, code }) {
    const [, , channels] = chosen(student, tap);
    const [, , taught] = chosen(teacher, tap);
    const to = Math.max(1, Math.floor(code * taught));
    const layer = (name: string, from: number, outputs: number, learns: OwnArray['learns'] = 'ownLoss') => [
      ...convArrays(name, 3, from, outputs, { learns }),
      ...batchNormArrays(`${name}.norm`, outputs, learns),
    ];
    return [
      ...layer('translate', channels, to, 'loss'),
      ...convArrays('relate', 3, channels, to),
      ...layer('encode1', taught, taught),
      ...layer('encode2', taught, to),
      ...layer('encode3', to, to),
      ...layer('decode1', to, to),
      ...layer('decode2', to, taught),
      ...layer('decode3', taught, taught),
    ];
  },
  ownRate: ({ rate }) => rate,
  ownLoss(inputs, { tap, sparsity }) {
    const given = taught(inputs, tap);
    const code = through(given, inputs, ENCODER);
    const restored = through(code, inputs, DECODER);
    return squaredDistance(restored, given, given.size).add(sumAll(code.abs()).mul(sparsity));
  },
  loss(inputs, { tap, translation, affinity, p, q }) {
    const { student } = tapPair(inputs, tap);
    const own = inputs.own!;
    const code = through(taught(inputs, tap), inputs, ENCODER);
    const terms: Tensor[] = [tf.scalar(0)];
    if (translation > 0) {
      const adapted = batchNormed(convolution(student, own, 'translate', { padding: 1 }), own, 'translate.norm');
      const [ofStudent, ofTeacher] = [adapted.relu<Tensor4D>(), code].map((map) => normed(map, q));
      terms.push(apart(ofStudent, ofTeacher, p).mul(translation));
    }
    if (affinity > 0) {
      const related = convolution(student, own, 'relate', { padding: 1 });
      terms.push(affinityApart(channelsOf(related), channelsOf(code)).mul(affinity));
    }
    return tf.addN(terms) as Scalar;
  },
};

function taught(inputs: LossInputs, tap: number | null): Tensor4D {
  const { student, teacher } = tapPair(inputs, tap);
  return atSizeOf(student, teacher);
}

function through(x: Tensor4D, { own }: LossInputs, layers: readonly string[]): Tensor4D {
  return layers.reduce((map, name) => {
    const made = batchNormed(convolution(map, own!, name, { padding: 1 }), own!, `${name}.norm`);
    return made.mul<Tensor4D>(made.step(SLOPE));
  }, x);
}

/** All values of each image, divided by their norm: [N, values]. */
function normed(map: Tensor4D, q: number): Tensor2D {
  const rows = map.reshape<Tensor2D>([map.shape[0], -1]);
  if (q === 2) return direction(rows);
  const sums = rows.abs().sum(1, true);
  return rows.div(sums.maximum(SHORTEST));
}

function apart(student: Tensor2D, teacher: Tensor2D, p: number): Scalar {
  const difference = student.sub<Tensor2D>(teacher);
  if (p === 1) return sumAll(difference.abs()).div(difference.size);
  return length(difference).mean<Scalar>();
}

/** The channels of a map as directions over its positions: [N, channels, positions]. */
function channelsOf(map: Tensor4D): Tensor3D {
  return direction(pixelsOf(map).transpose<Tensor3D>([0, 2, 1]));
}

/** mean_n Σ_c ‖s sᵀ − t tᵀ‖_F / positions of directions s and t. */
function affinityApart(student: Tensor3D, teacher: Tensor3D): Scalar {
  const [batch, , positions] = student.shape;
  const [less, more] = [length(student.sub<Tensor3D>(teacher)), length(student.add<Tensor3D>(teacher))];
  return sumAll(less.mul(more)).mul(Math.SQRT1_2 / (batch * positions));
}

/** ‖v‖₂ along the last axis; where that is 0, its slope is too. */
function length<T extends Tensor>(v: T): Tensor {
  return withGradient<T, Tensor>(v, (x) => {
    const value = x.square().sum(-1, true).sqrt();
    return {
      value,
      saved: [x, value],
      gradient: (dy, [kept, norm]) => kept.mul<T>(dy.div(norm.maximum(SHORTEST))),
    };
  });
}
