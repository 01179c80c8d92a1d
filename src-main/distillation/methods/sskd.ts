/**
 * Self-supervision knowledge distillation: what the teacher says of turned images, and which turned image it takes for
 * which upright one.
 *
 * Source     G. Xu, Z. Liu, X. Li, C. C. Loy: Knowledge Distillation Meets Self-Supervision, ECCV 2020, arXiv 2006.07114.
 *            Form: xuguodong03/SSKD: student.py, wrapper.py; torchdistill's SSKDLoss.
 * Equation   over an image's turns by 90°, 180° and 270°: L = 2.7 · T² mean KL(P^T ‖ P^S) + 10 · τ² mean_i KL(a_i^T ‖ a_i^S);
 *            P = softmax(z/T) of a pixel, a_i = softmax over the upright images j of cos(h_i, h_j)/τ, h = MLP(mean over
 *            positions of F). Of the turned images whose own upright one the teacher does not rank first only the share
 *            `kept` counts in a, those that it ranks best.
 * Taps       one (`tap`, the last where none is named), averaged over its positions; logits at the student's stride.
 * Adapter    an MLP with one hidden layer, as wide as the tap, of each network. The student's learns with it; the teacher's
 *            by cross-entropy of cos(h_i, h_j) against the image's own upright one.
 * Weight     1, with 2.7 and 10 inside, T 4, τ 0.5, 0.75 kept, beside 0.1 · CE and 0.9 · KD at T = 4 (the authors').
 * Traps      a method of whole images, where two crops of one street look alike. The authors train the teacher's MLP for 60
 *            epochs before anything else; here it learns along, so a schedule for the term that begins late does not help:
 *            it learns only where the term counts. The authors may leave out badly ranked images from P too, but keep all.
 *            All four turns are in the student's batch norm, as theirs are.
 * Cost       both networks see four times the images; crops have to be square, and nothing of the teacher can be cached.
 */
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import { pixelDivergence } from '../../engine/ops/pixel-losses.ts';
import { unit } from '../../engine/ops/unit.ts';
import { differentiable } from '../../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../engine/tf.ts';
import { pointwise, pointwiseArrays } from '../layers.ts';
import type { LossInputs, Method, NetworkOutputs } from '../method.ts';
import { rowsOf } from '../ops.ts';
import { rateOption, shareOption, temperatureOption } from '../options.ts';
import { chosen, tapOption } from '../taps.ts';
import { TURNS } from '../turns.ts';
import { kd } from './kd.ts';

const params = z.strictObject({
  tap: tapOption,
  temperature: temperatureOption(4, 'logits of turned images', 'Temperature T'),
  similarityTemperature: temperatureOption(0.5, 'cosines between images', 'Temperature τ'),
  kept: z
    .number()
    .min(0)
    .max(1)
    .default(0.75)
    .meta({ title: 'Kept', description: 'Share of the images that the teacher takes for others which counts still' }),
  turned: shareOption(2.7, 'Turned images', 'Weight of their logits within the term; 0: they are left out'),
  similarity: shareOption(10, 'Similarity', 'Weight of the cosines within the term; 0: they are left out'),
  teacherRate: rateOption(1e-3, 'Rate of the teacher’s MLP', 'Learning rate of its own Adam; 0: it stays as it began'),
});
type Params = z.output<typeof params>;
type Whose = 'student' | 'teacher';

export const sskd: Method<Params> = {
  id: 'sskd',
  title: 'SSKD (self-supervision)',
  citation: 'Xu, Liu, Li, Loy: Knowledge Distillation Meets Self-Supervision. ECCV 2020',
  equation: '2.7 · KL of turned images’ logits + 10 · KL of softmaxⱼ cos(hᵢ, hⱼ)/τ, turned i against upright j',
  params,
  teacher: true,
  labels: false,
  turned: true,
  taps: 1,
  logits: 'student',
  defaultWeight: 1,
  copies: 4,
  wholeBatch: true,
  own({ student, teacher }, { tap }) {
    const mlp = (whose: Whose, channels: number, learns: 'loss' | 'ownLoss') => [
      ...pointwiseArrays(`${whose}1`, channels, channels, { learns }),
      ...pointwiseArrays(`${whose}2`, channels, channels, { learns }),
    ];
    return [...mlp('student', chosen(student, tap)[2], 'loss'), ...mlp('teacher', chosen(teacher, tap)[2], 'ownLoss')];
  },
  ownRate: ({ teacherRate }) => teacherRate,
  ownLoss(inputs, { tap }) {
    const cosines = cosinesOf(inputs, inputs.teacher!, 'teacher', tap);
    const right = cosines.mul(ownUpright(cosines)).sum(1);
    return tf.logSumExp(cosines, 1).sub(right).mean();
  },
  loss(inputs, { tap, temperature, similarityTemperature, kept, turned, similarity }) {
    const terms: Tensor[] = [tf.scalar(0)];
    if (turned > 0) terms.push(turnedLogits(inputs, temperature).mul(turned));
    if (similarity > 0) {
      const ofTeacher = cosinesOf(inputs, inputs.teacher!, 'teacher', tap);
      const shares = sharesOf(ofTeacher, kept);
      const ofStudent = cosinesOf(inputs, inputs.student, 'student', tap);
      const divergence = differentiable(ofStudent, (cosines) =>
        pixelDivergence.form(cosines, ofTeacher, shares, similarityTemperature),
      );
      terms.push(divergence.mul(similarity));
    }
    return tf.addN(terms) as Scalar;
  },
};

/** T² · mean over the pixels of the turned images of KL. */
function turnedLogits(inputs: LossInputs, temperature: number): Scalar {
  const outputs = ({ logits }: NetworkOutputs) => ({ logits: logits!.slice([uprightOf(logits!), 0, 0, 0]), taps: [] });
  const turned = { student: outputs(inputs.student), teacher: outputs(inputs.teacher!) };
  return kd.loss(turned, { temperature, reduction: 'sum' });
}

/** Of each turned image with each upright one, in the network's own MLP: [(TURNS − 1) · upright, upright]. */
function cosinesOf({ own }: LossInputs, { taps }: NetworkOutputs, whose: Whose, tap: number | null): Tensor2D {
  const features = chosen(taps, tap);
  const upright = uprightOf(features);
  const hidden = pointwise(features.mean<Tensor4D>([1, 2], true), own!, `${whose}1`).relu<Tensor4D>();
  const vectors = unit(rowsOf(pointwise(hidden, own!, `${whose}2`)));
  return tf.matMul(vectors.slice([upright, 0]), vectors.slice([0, 0], [upright, -1]), false, true);
}

/** How many of a batch are upright: they come first, then all of them at each turn. @throws Problem where that cannot be */
function uprightOf({ shape: [images] }: Tensor4D): number {
  if (images % TURNS === 0) return images / TURNS;
  throw new Problem(`sskd was given ${images} images, which are no ${TURNS} turns of as many.`, {
    next: `Give the upright images first, then all of them turned by 90°, by 180° and by 270°.`,
  });
}

/** 1 where a turned image meets its own upright one. */
function ownUpright({ shape: [turned, upright] }: Tensor2D): Tensor2D {
  const ones = new Float32Array(turned * upright);
  for (let i = 0; i < turned; i++) ones[i * upright + (i % upright)] = 1;
  return tf.tensor2d(ones, [turned, upright]);
}

/** What each turned image counts: alike for all that the teacher ranks right and, of the others, for the best ranked. */
function sharesOf(cosines: Tensor2D, kept: number): Tensor1D {
  const [turned, upright] = cosines.shape;
  const values = cosines.dataSync<'float32'>();
  const ranks = Array.from({ length: turned }, (_, i) => {
    const row = values.subarray(i * upright, (i + 1) * upright);
    return row.reduce((rank, cosine) => rank + Number(cosine > row[i % upright]), 0);
  });
  const wrong = ranks.filter((rank) => rank > 0).length;
  const counted = turned - wrong + Math.floor(wrong * kept);
  const shares = new Float32Array(turned);
  // Among those of one rank in the authors' order: image by image.
  const byRank = [...ranks.keys()].sort((a, b) => ranks[a] - ranks[b] || (a % upright) - (b % upright) || a - b);
  for (const i of byRank.slice(0, counted)) shares[i] = 1 / counted;
  return tf.tensor1d(shares);
}
