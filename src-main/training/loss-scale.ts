/**
 * Dynamic loss scaling (Micikevicius et al., ICLR 2018; torch.amp.GradScaler): gradients too small for float16 are
 * computed larger by a power of two, which is taken out again before the update, exactly. Where one overflows, the step
 * is skipped and the factor halved; after many good steps it is doubled.
 */
import { z } from 'zod';

const GROWS_AFTER = 2000;

export const lossScaleState = z.object({
  /** A power of two. */
  scale: z.number().positive(),
  /** Steps without overflow since it last changed. */
  good: z.number().int().min(0),
  /** Steps that made no update, of all so far. */
  skipped: z.number().int().min(0),
});
export type LossScaleState = z.infer<typeof lossScaleState>;

/** As PyTorch begins. */
export const INITIAL_LOSS_SCALE: LossScaleState = { scale: 2 ** 16, good: 0, skipped: 0 };

/** What follows on a step, by whether all its gradients were finite. */
export function nextLossScale({ scale, good, skipped }: LossScaleState, finite: boolean): LossScaleState {
  if (!finite) return { scale: scale / 2, good: 0, skipped: skipped + 1 };
  if (good + 1 < GROWS_AFTER) return { scale, good: good + 1, skipped };
  return { scale: scale * 2, good: 0, skipped };
}
