/**
 * The optimizers, in PyTorch's forms (torch.optim.SGD, Adam, AdamW with their defaults: no dampening, no Nesterov, no
 * AMSGrad), on one flat vector of all parameters: an update is a handful of ops, whatever the network's size.
 */
import type { Recipe } from '../contract/recipe.ts';
import { type Tensor1D, tf } from '../engine/tf.ts';

type Settings = Recipe['optimizer'];

/** Vectors that an optimizer keeps from step to step, each as long as the parameters. */
type Slots = Record<string, Tensor1D>;

/** Names of the slots, in fixed order. */
export function slotNames(settings: Settings): string[] {
  return settings.kind === 'sgd' ? ['momentum'] : ['mean', 'square'];
}

/** How many vectors as long as the parameters an update holds at once, besides parameters, slots and gradient. */
export function updateVectors({ kind, weightDecay }: Settings): number {
  const decay = weightDecay > 0 ? { sgd: 2, adam: 2, adamw: 1 }[kind] : 0;
  return { sgd: 4, adam: 13, adamw: 13 }[kind] + decay;
}

export class Optimizer {
  private readonly settings: Settings;
  private slots: Slots;

  /** @param slots from a checkpoint; zeros where there are none */
  constructor(settings: Settings, size: number, slots?: Map<string, Float32Array>) {
    this.settings = settings;
    this.slots = Object.fromEntries(
      slotNames(settings).map((name) => {
        const values = slots?.get(name);
        return [name, values ? tf.tensor1d(values, 'float32') : (tf.zeros([size]) as Tensor1D)];
      }),
    );
  }

  /**
   * One update.
   * @param parameters [n]; not disposed
   * @param gradient [n]; not disposed
   * @param count how many updates this makes, with this one: 1 for the first
   * @returns the new parameters, the caller's to dispose
   */
  update(parameters: Tensor1D, gradient: Tensor1D, learningRate: number, count: number): Tensor1D {
    const { parameters: next, ...slots } = tf.tidy(() =>
      step(this.settings, this.slots, parameters, gradient, learningRate, count),
    );
    this.dispose();
    this.slots = slots as unknown as Slots;
    return next;
  }

  /** The slots' numbers, for a checkpoint. */
  values(): Map<string, Float32Array> {
    return new Map(slotNames(this.settings).map((name) => [name, this.slots[name].dataSync<'float32'>()]));
  }

  dispose(): void {
    tf.dispose(this.slots);
  }
}

function step(s: Settings, slots: Slots, p: Tensor1D, gradient: Tensor1D, rate: number, count: number) {
  // AdamW shrinks the weights themselves (Loshchilov & Hutter, 2019); the others add the decay to the gradient.
  const g = s.kind !== 'adamw' && s.weightDecay > 0 ? gradient.add<Tensor1D>(p.mul(s.weightDecay)) : gradient;
  if (s.kind === 'sgd') {
    const momentum = slots.momentum.mul(s.momentum).add<Tensor1D>(g);
    return { parameters: p.sub<Tensor1D>(momentum.mul(rate)), momentum };
  }
  const mean = slots.mean.mul(s.beta1).add<Tensor1D>(g.mul(1 - s.beta1));
  const square = slots.square.mul(s.beta2).add<Tensor1D>(g.square().mul(1 - s.beta2));
  const root = square.sqrt().mul(1 / Math.sqrt(1 - s.beta2 ** count));
  const change = mean.div(root.add(s.epsilon)).mul(rate / (1 - s.beta1 ** count));
  const kept = s.kind === 'adamw' && s.weightDecay > 0 ? p.mul<Tensor1D>(1 - rate * s.weightDecay) : p;
  return { parameters: kept.sub<Tensor1D>(change), mean, square };
}
