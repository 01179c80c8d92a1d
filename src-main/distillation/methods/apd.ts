/**
 * Adaptive perspective distillation as its authors train it: both terms on features that go through adapters, of which the
 * teacher's learns from the labels to show the classes from the perspective of the image.
 *
 * Source     Z. Tian, P. Chen, X. Lai, L. Jiang, S. Liu, H. Zhao, B. Yu, M.-C. Yang, J. Jia: Adaptive Perspective Distillation
 *            for Semantic Segmentation, IEEE TPAMI 45(2), 2023. Form: dvlab-research/APD: tool/train.py.
 * Equation   L = `distribution` · L_pd + `alignment` · L_pa with u_p = N(G(F_p)); L_pd in apd-pd.ts, L_pa in apd-pa.ts.
 *            G_T learns by L_tt = CE(upsampled z^T, labels), z^T = τ ⟨u_p, c_k⟩ for the classes that occur in the image (or
 *            batch) and 0 for all others, apart from the student and by its own Adam. With `mixing` = `cac`, N(V₂ ReLU(V₁ [c_k;
 *            w_k]) + b) stands for c_k in all of it, w_k the classes' rows of a classifier.
 * Taps       one, the last unless `tap` says another; the authors' is the map before the classifier. The teacher's is resized
 *            (bilinear, corners not aligned) to the student's size.
 * Adapter    G = 1×1 convolution, ReLU, 1×1 convolution, with biases, one for each network, to `dimensions` channels (as
 *            many as the teacher's tap has, where none are named; the authors: 512 to 512). `none`: the taps as they are.
 * Mixing     V₁ from 2D to D/2 channels without bias, V₂ back to D, and w, one of each for each network: the form of Z. Tian et
 *            al.: Learning Context-Aware Classifier for Semantic Segmentation, AAAI 2023 (CAC), tianzhuotao/CAC:
 *            mmseg/models/decode_heads/fcn_head_cac.py. APD itself does not mix: `none` is the default.
 * Weight     1, with 10 and 10 within and τ = 10 (the authors'), beside their L_kl: `kd`, with the mean over classes, weight 10.
 * Traps      G_T starts from random numbers. The authors' rate of 1e-5 suits hundreds of epochs; in a short run it has hardly
 *            moved when the run ends, so raise `teacherRate`. They compute z^T upsampled with corners aligned, and so is this.
 *            CAC mixes with the weights of the network's own classifier and at test time too; here w begins at random and learns
 *            like the adapter beside it, and the student that comes out classifies as it did. CAC's scale is 15.
 * Cost       four matrix products over the tap and P·K·channels for the cosines, forward and back, and a cross-entropy at the
 *            labels' size for G_T.
 */
import { z } from 'zod';
import { resizeBilinear } from '../../engine/ops/spatial.ts';
import { unit } from '../../engine/ops/unit.ts';
import { type Scalar, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import { pointwise, pointwiseArrays } from '../layers.ts';
import type { LossInputs, Method, OwnArray } from '../method.ts';
import { requireSameChannels } from '../ops.ts';
import { rateOption, shareOption } from '../options.ts';
import {
  type Members,
  membersOf,
  type Perspective,
  perspective,
  scaleOption,
  scopeOption,
  scoresOf,
} from '../perspectives.ts';
import { atSizeOf, chosen, tapOption, tapPair } from '../taps.ts';
import { alignmentOf } from './apd-pa.ts';
import { distributionOf } from './apd-pd.ts';
import { ce } from './ce.ts';

const params = z.strictObject({
  tap: tapOption,
  scope: scopeOption,
  mixing: z.enum(['none', 'cac']).default('none').meta({
    title: 'Mixing',
    description: 'Centres as the pixels show them (the authors), or mixed with a classifier’s rows as in CAC',
  }),
  adapter: z.enum(['mlp', 'none']).default('mlp').meta({
    title: 'Adapter',
    description: 'Two 1×1 convolutions with a ReLU between them, in both networks; or the taps as they are',
  }),
  dimensions: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .meta({ title: 'Dimensions', description: 'Channels that the adapters lead to; none: the teacher’s' }),
  tau: scaleOption,
  distribution: shareOption(10, 'Distribution', 'Weight of L_pd within the term; 0: it is left out'),
  alignment: shareOption(10, 'Alignment', 'Weight of L_pa within the term; 0: it is left out'),
  teacherRate: rateOption(
    1e-5,
    'Rate of the teacher’s adapter',
    'Learning rate of its own Adam; 0: it stays as it began',
  ),
});
type Params = z.output<typeof params>;

export const apd: Method<Params> = {
  id: 'apd',
  title: 'APD with adapters',
  citation: 'Tian et al.: Adaptive Perspective Distillation for Semantic Segmentation. IEEE TPAMI 45(2), 2023',
  equation: '10 L_pd + 10 L_pa on u = N(G(F)); the teacher’s G learns by cross-entropy of τ⟨uₚ, cₖ⟩',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 1,
  copies: 16,
  own(shapes, { tap, adapter, dimensions, mixing }) {
    const [student, teacher] = [chosen(shapes.student, tap)[2], chosen(shapes.teacher, tap)[2]];
    const to = dimensions ?? teacher;
    const learns = 'ownLoss';
    const adapters = [
      ...pointwiseArrays('student1', student, to),
      ...pointwiseArrays('student2', to, to),
      ...pointwiseArrays('teacher1', teacher, to, { learns }),
      ...pointwiseArrays('teacher2', to, to, { learns }),
    ];
    const [ofStudent, ofTeacher] = adapter === 'none' ? [student, teacher] : [to, to];
    return [
      ...(adapter === 'none' ? [] : adapters),
      ...(mixing === 'none' ? [] : mixingArrays('student', ofStudent, shapes.classes, 'loss')),
      ...(mixing === 'none' ? [] : mixingArrays('teacher', ofTeacher, shapes.classes, learns)),
    ];
  },
  decides: ({ scope }) => ({ wholeBatch: scope === 'batch' }),
  ownRate: ({ teacherRate }) => teacherRate,
  ownLoss(inputs, options) {
    if (options.adapter === 'none' && options.mixing === 'none') return tf.scalar(0);
    const { teacher } = adapted(inputs, options);
    const members = membersOf(inputs.labels!, teacher, options.scope);
    if (members.known.length === 0) return teacher.sum<Scalar>().mul(0);
    const [batch, height, width] = teacher.shape;
    const seen = tf.tensor3d(members.present, [members.groups, 1, members.classes]);
    const shown = mixed(perspective(teacher, members), members, inputs, 'teacher');
    const scores = scoresOf(shown, options.tau).mul<Tensor3D>(seen);
    // From the classes that occur to all, those that do not at 0.
    const all = tf.matMul(scores.reshape<Tensor2D>([-1, members.classes]), placesOf(members, inputs.classes!));
    const [, rows, columns] = inputs.labels!.shape;
    const logits = resizeBilinear(all.reshape<Tensor4D>([batch, height, width, inputs.classes!]), [rows, columns], {
      alignCorners: true,
    });
    return ce.loss({ student: { logits, taps: [] }, labels: inputs.labels }, { classWeights: null });
  },
  loss(inputs, options) {
    const { student, teacher } = adapted(inputs, options);
    const members = membersOf(inputs.labels!, student, options.scope);
    const ofStudent = mixed(perspective(student, members), members, inputs, 'student');
    const ofTeacher = mixed(perspective(teacher, members), members, inputs, 'teacher');
    const terms: Tensor[] = [tf.scalar(0)];
    if (options.distribution > 0) {
      terms.push(distributionOf(ofStudent, ofTeacher, members, options.tau).mul(options.distribution));
    }
    if (options.alignment > 0) {
      requireSameChannels(student, teacher, 'apd');
      terms.push(alignmentOf(ofStudent, ofTeacher, members).mul(options.alignment));
    }
    return tf.addN(terms) as Scalar;
  },
};

/** G of both networks' taps, the teacher's at the student's size. */
function adapted(inputs: LossInputs, { tap, adapter }: Params): Record<'student' | 'teacher', Tensor4D> {
  const { student, teacher } = tapPair(inputs, tap);
  const taps = { student, teacher: atSizeOf(student, teacher) };
  if (adapter === 'none') return taps;
  const through = (name: 'student' | 'teacher') =>
    pointwise(pointwise(taps[name], inputs.own!, `${name}1`).relu<Tensor4D>(), inputs.own!, `${name}2`);
  return { student: through('student'), teacher: through('teacher') };
}

function mixingArrays(name: string, channels: number, classes: number, learns: OwnArray['learns']): OwnArray[] {
  const hidden = Math.max(1, Math.floor(channels / 2));
  const init = { kind: 'uniform', bound: 1 / Math.sqrt(channels) } as const;
  return [
    { name: `${name}.classifier`, shape: [classes, channels], init, learns },
    ...pointwiseArrays(`${name}.mix1`, 2 * channels, hidden, { bias: false, learns }),
    ...pointwiseArrays(`${name}.mix2`, hidden, channels, { learns }),
  ];
}

/** The perspective with its centres mixed with the classifier's rows, where there is one. */
function mixed(shown: Perspective, members: Members, { own, classes }: LossInputs, name: string): Perspective {
  const classifier = own!.get(`${name}.classifier`) as Tensor2D | undefined;
  if (!classifier) return shown;
  const { groups } = members;
  const { centres } = shown;
  const rows = tf.matMul<Tensor2D>(placesOf(members, classes!), classifier);
  const both = tf.concat<Tensor3D>([centres, tf.tile(rows.expandDims<Tensor3D>(0), [groups, 1, 1])], 2);
  const hidden = pointwise(both.expandDims<Tensor4D>(2), own!, `${name}.mix1`).relu<Tensor4D>();
  return { ...shown, centres: unit(pointwise(hidden, own!, `${name}.mix2`).squeeze<Tensor3D>([2])) };
}

/** 1 where a class that occurs is one of all: [classes that occur, classes]. */
function placesOf({ known, classes }: Members, all: number): Tensor2D {
  const places = new Float32Array(classes * all);
  for (const [k, label] of known.entries()) places[k * all + label] = 1;
  return tf.tensor2d(places, [classes, all]);
}
