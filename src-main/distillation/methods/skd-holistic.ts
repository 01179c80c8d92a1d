/**
 * Holistic distillation of SKD: a discriminator learns to tell the teacher's score maps from the student's, and the student
 * to be taken for the teacher.
 *
 * Source     Liu et al., CVPR 2019 (see skd-pixel.ts); I. Gulrajani et al.: Improved Training of Wasserstein GANs, NeurIPS
 *            2017. Form: irfanICMLL/structure_knowledge_distillation: networks/sagan_models.py, networks/kd_model.py; the
 *            penalty and the hinge as winycg/CIRKD: losses/adv.py. We have read the code and summaries of the paper.
 * Equation   student: L = −mean_n D(Q^S_n); discriminator: mean_n D(Q^S_n) − mean_n D(Q^T_n) + `penalty` · mean_n
 *            (‖∂D(Q_n)/∂Q_n‖₂ − 1)², Q_n = α_n Q^T_n + (1 − α_n) Q^S_n, α_n uniform in [0, 1); or with `hinge`: mean_n
 *            max(0, 1 − D(Q^T_n)) + mean_n max(0, 1 + D(Q^S_n)). Q are the logits, joined with the image I where `condition`
 *            is `image`: the paper's D(Q|I).
 * Taps       none; logits at the student's stride, the teacher's average-pooled to it, or with `size` = `label` both upsampled
 *            to the label map's size. The image is brought to their size.
 * Adapter    D: batch norm of its input, four convolutions 4×4 of stride 2 with spectral normalisation and LeakyReLU 0.1, of
 *            `width`, 2, 4 and 8 times as many channels, self-attention after the third and the fourth, and a convolution 4×4
 *            to one channel, whose mean is the score. It learns by its own Adam at `rate`.
 * Reduction  mean over the batch.
 * Weight     0.1, penalty 10, width 64, rate 4e-4: the authors'. CIRKD: `hinge` with 0.001.
 * Traps      the authors' code leaves the image out (`condition` = `none`) and moves D by SGD; here it is Adam (β 0.9 and 0.99),
 *            as in CIRKD, so that no weight of D's loss matters. They iterate for the spectral norm whenever D is asked, here
 *            once a step. D needs 64 rows and columns for four halvings (theirs has 65×65): a smaller map is halved less
 *            often, down to 8×8, below which there is an error. Batch norm looks at all images of a batch together. A
 *            discriminator that has seen little teaches little, so let the weight grow by a `schedule`; where it is 0, D rests.
 * Cost       some sixteen times D forward, four of them and more for the penalty: small at the student's stride, far more than
 *            the network itself at the label map's size with the default width.
 */
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import { type Scalar, type Tensor4D, tf } from '../../engine/tf.ts';
import {
  discriminatorArrays,
  discriminatorSize,
  gradientPenalty,
  halvings,
  remembered,
  scoresOf,
} from '../discriminator.ts';
import type { LossInputs, Method } from '../method.ts';
import { logitPair, poolTo, requireSameSize } from '../ops.ts';
import { rateOption, widthOption } from '../options.ts';

const params = z.strictObject({
  size: z.enum(['student', 'label']).default('student').meta({
    title: 'Size',
    description: 'Score maps at the student’s stride (as the authors), or upsampled to the label map',
  }),
  condition: z.enum(['image', 'none']).default('image').meta({
    title: 'Judged together with',
    description: 'The image (the paper), or the score map alone (the authors’ code)',
  }),
  adversary: z
    .enum(['wgan-gp', 'hinge'])
    .default('wgan-gp')
    .meta({ title: 'Adversary', description: 'Wasserstein distance with gradient penalty, or hinge' }),
  penalty: z
    .number()
    .min(0)
    .max(1000)
    .default(10)
    .meta({ title: 'Gradient penalty', description: 'Its weight within the discriminator’s loss; with wgan-gp only' }),
  width: widthOption,
  rate: rateOption(4e-4, 'Rate of the discriminator'),
});
type Params = z.output<typeof params>;

export const skdHolistic: Method<Params> = {
  id: 'skd.holistic',
  title: 'SKD: holistic',
  citation: 'Liu et al.: Structured Knowledge Distillation for Semantic Segmentation. CVPR 2019',
  equation: '−mean D(zˢ, image); D learns by mean D(zˢ) − mean D(zᵀ) + 10 · mean (‖∇D‖ − 1)²',
  params,
  teacher: true,
  labels: false,
  taps: 0,
  logits: 'student',
  defaultWeight: 0.1,
  copies: 12,
  wholeBatch: true,
  besides: ([height, width], options) => 16 * discriminatorSize([height, width], options.width),
  decides: ({ size, condition }) => ({ logits: size, image: condition === 'image' }),
  own({ classes, logits }, { width, condition }) {
    const count = halvings(logits!);
    if (count === 0) {
      throw new Problem(`skd.holistic: score maps of ${logits!.join('×')} are too small for its discriminator.`, {
        where: 'size',
        next: 'It needs 8×8: take a larger crop, or the label map’s size.',
      });
    }
    return discriminatorArrays(classes + (condition === 'image' ? 3 : 0), count, width);
  },
  ownRate: ({ rate }) => rate,
  loss(inputs, options) {
    const { student, given } = maps(inputs, options);
    return scoresOf(joined(student, given), inputs.own!, { constant: true }).mean<Scalar>().neg();
  },
  ownLoss(inputs, options) {
    const { student, teacher, given } = maps(inputs, options);
    const own = inputs.own!;
    const [ofStudent, ofTeacher] = [student, teacher].map((map) => scoresOf(joined(map, given), own));
    if (options.adversary === 'hinge') {
      return tf.sub(1, ofTeacher).relu().mean().add(ofStudent.add(1).relu().mean());
    }
    const distance = ofStudent.mean<Scalar>().sub<Scalar>(ofTeacher.mean());
    if (options.penalty === 0) return distance;
    const shares = Array.from({ length: student.shape[0] }, (_, n) => inputs.random!(n));
    const between = teacher.sub<Tensor4D>(student).mul<Tensor4D>(tf.tensor4d(shares, [shares.length, 1, 1, 1]));
    return distance.add(gradientPenalty(between.add(student), given, own).mul(options.penalty));
  },
  next: (inputs) => remembered(inputs.own!),
};

/** The score maps, and the image at their size where they are judged with it. */
function maps(inputs: LossInputs, { condition }: Params) {
  const { student, teacher } = logitPair(inputs);
  requireSameSize(student, teacher, 'logits');
  const size = [student.shape[1], student.shape[2]] as const;
  return { student, teacher, given: condition === 'image' ? poolTo(inputs.image!, size) : undefined };
}

function joined(map: Tensor4D, given: Tensor4D | undefined): Tensor4D {
  return given ? tf.concat([map, given], 3) : map;
}
