/**
 * Channel-wise distillation: where in the image each channel is strong, as the teacher's channel is.
 *
 * Source     C. Shu, Y. Liu, J. Gao, Z. Yan, C. Shen: Channel-wise Knowledge Distillation for Dense Prediction, ICCV 2021,
 *            arXiv 2011.13256. Form: irfanICMLL/TorchDistiller: SemSeg-distill/utils/criterion.py, winycg/CIRKD:
 *            losses/cwd.py, open-mmlab/mmrazor: mmrazor/models/losses/cwd.py.
 * Equation   L = T²/(N·C) Σ_n Σ_c KL(softmax_p(z^T_c / T) ‖ softmax_p(z^S_c / T)), softmax over the positions p of one channel.
 * Taps       `on`: logits at the student's stride, the teacher's average-pooled to it; or one tap, the teacher's resized
 *            (bilinear) to the student's size. `adapter`, of a tap: a 1×1 convolution of the student's where the channels
 *            differ (the default), always, or never.
 * Reduction  KL summed over positions, mean over channels and batch.
 * Weight     3 on logits at T = 4, the authors'; on features they take 50, mmrazor 5 at T = 1.
 * Traps      the softmax is over positions, not over classes. On features the authors' code divides by the student's
 *            channels before its 1×1 convolution to the teacher's; here C is the teacher's. They take the logarithm of a softmax, which underflows;
 *            here it is a log-softmax. Ignored pixels and padding take part, and change the softmax of all others.
 * Cost       two log-softmaxes of what it reads; the gradient T/(N·C) · (P^S − P^T) is stated directly.
 */
import { z } from 'zod';
import { divergence } from '../../engine/ops/divergence.ts';
import type { Tensor3D, Tensor4D } from '../../engine/tf.ts';
import type { Method } from '../method.ts';
import { logitPair, pixelsOf, requireSameSize } from '../ops.ts';
import { temperatureOption } from '../options.ts';
import { adaptedPair, adapterArrays, adapterOption } from '../taps.ts';

const params = z.strictObject({
  temperature: temperatureOption(4),
  on: z
    .string()
    .regex(/^(logits|tap\d{0,2})$/, 'It is logits, or a tap counted from 0 as tap2, or tap for the last')
    .default('logits')
    .meta({ title: 'On', description: 'logits, or a tap counted from 0 as tap2; tap: the last' }),
  adapter: adapterOption,
});
type Params = z.output<typeof params>;

export const cwd: Method<Params> = {
  id: 'cwd',
  title: 'Channel-wise distillation (CWD)',
  citation: 'Shu et al.: Channel-wise Knowledge Distillation for Dense Prediction. ICCV 2021',
  equation: 'T² · mean over channels of KL(softmaxₚ(zᵀ/T) ‖ softmaxₚ(zˢ/T)), over positions p',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'student',
  defaultWeight: 3,
  copies: 7,
  decides: ({ on }) => (on === 'logits' ? { taps: 0 } : { logits: 'none' }),
  own: (shapes, { on, adapter }) => (on === 'logits' ? [] : adapterArrays(shapes, tapOf(on), adapter)),
  loss(inputs, { on, temperature }) {
    const { student, teacher } = on === 'logits' ? logitPair(inputs) : adaptedPair(inputs, tapOf(on));
    if (on === 'logits') requireSameSize(student, teacher, 'logits');
    const channels = (map: Tensor4D) => pixelsOf(map).transpose<Tensor3D>([0, 2, 1]);
    const [batch, , , count] = student.shape;
    return divergence(channels(student), channels(teacher), temperature, 1 / (batch * count));
  },
};

/** The number that stands in `tap2`; none where it is the last. */
function tapOf(on: string): number | null {
  return on === 'tap' ? null : Number(on.slice('tap'.length));
}
