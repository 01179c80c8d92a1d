/**
 * The optimizers, in PyTorch's forms (torch.optim.SGD, Adam, AdamW with their defaults: no dampening, no Nesterov, no
 * AMSGrad), on all parameters at once.
 */
import type { Recipe } from '../contract/recipe.ts';
import { updateAdam, updateSgd } from '../engine/ops/update.ts';
import { type Tensor, type Tensor1D, tf } from '../engine/tf.ts';

type Settings = Recipe['optimizer'];

/** Names of the slots, vectors as long as all parameters that an optimizer keeps from step to step, in fixed order. */
export function slotNames(settings: Settings): string[] {
  return settings.kind === 'sgd' ? ['momentum'] : ['mean', 'square'];
}

/**
 * How many vectors as long as all parameters an update holds at once where it is not done in place, besides parameters,
 * slots and gradients.
 */
export function plainUpdateVectors({ kind, weightDecay }: Settings): number {
  return (kind === 'sgd' ? 7 : 17) + (kind !== 'adamw' && weightDecay > 0 ? 2 : 0);
}

export class Optimizer {
  private readonly settings: Settings;
  private slots: Record<string, Tensor1D>;

  /**
   * @param size of all parameters together
   * @param slots from a checkpoint, copied; zeros where there are none
   */
  constructor(settings: Settings, size: number, slots?: Map<string, Float32Array>) {
    this.settings = settings;
    this.slots = Object.fromEntries(
      // Updates write to the slots, and a tensor may share the memory of the array that it is made from.
      slotNames(settings).map((name) => [name, tf.tensor1d(slots?.get(name)?.slice() ?? new Float32Array(size))]),
    );
  }

  /**
   * One update.
   * @param parameters taken over: disposed, or given back with other values
   * @param gradients of the parameters, one by one; not disposed
   * @param count how many updates this makes, with this one: 1 for the first
   * @returns what stands in the parameters' place, the caller's to dispose
   */
  update(parameters: Tensor[], gradients: Tensor[], learningRate: number, count: number): Tensor[] {
    const { parameters: next, slots } = this.step(parameters, gradients, learningRate, count);
    this.slots = slots;
    return next;
  }

  private step(parameters: Tensor[], gradients: Tensor[], rate: number, count: number) {
    const { settings: s, slots } = this;
    const { momentum, mean, square } = slots;
    if (s.kind === 'sgd') {
      const numbers = { rate, momentum: s.momentum, decay: s.weightDecay };
      return updateSgd.form({ parameters, slots: { momentum } }, gradients, numbers);
    }
    const { beta1, beta2, epsilon, weightDecay } = s;
    return updateAdam.form({ parameters, slots: { mean, square } }, gradients, {
      rate: rate / (1 - beta1 ** count),
      beta1,
      beta2,
      root: 1 / Math.sqrt(1 - beta2 ** count),
      epsilon,
      ...(s.kind === 'adamw' ? { decay: 0, shrink: 1 - rate * weightDecay } : { decay: weightDecay, shrink: 1 }),
    });
  }

  /** The slots' numbers, for a checkpoint. */
  values(): Map<string, Float32Array> {
    return new Map(slotNames(this.settings).map((name) => [name, this.slots[name].dataSync<'float32'>()]));
  }

  dispose(): void {
    tf.dispose(this.slots);
  }
}
