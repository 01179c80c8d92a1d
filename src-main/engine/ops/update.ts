/** The updates of optimizers, on all arrays of a network at once. */
import { type Tensor, type Tensor1D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';

/**
 * What an update reads and replaces. A slot is one vector that is kept from step to step for all parameters, in their
 * order.
 */
export interface Learned<Slots> {
  parameters: Tensor[];
  slots: Slots;
}

/**
 * One update. It takes parameters and slots over and gives back what stands in their place: these very tensors, written
 * to where they lie, or new ones, the old ones disposed. So nobody else may hold them, or a view of them.
 * @param gradients of the parameters, one by one; not disposed
 */
type Update<Numbers, Slots> = (learned: Learned<Slots>, gradients: Tensor[], numbers: Numbers) => Learned<Slots>;

/**
 * Stochastic gradient descent with momentum, as torch.optim.SGD without dampening:
 * m ← momentum · m + g + decay · p; p ← p − rate · m.
 */
export interface SgdNumbers {
  rate: number;
  momentum: number;
  decay: number;
}
type SgdSlots = { momentum: Tensor1D };

/**
 * Adam (Kingma & Ba, arXiv 1412.6980), as torch.optim.Adam: g ← g + decay · p; m ← β₁ m + (1 − β₁) g;
 * v ← β₂ v + (1 − β₂) g²; p ← shrink · p − rate · m / (root · √v + ε). `rate` and `root` have the corrections of m and v
 * for their start at zero in them. AdamW (Loshchilov & Hutter, arXiv 1711.05101) shrinks in place of the decay.
 */
export interface AdamNumbers {
  rate: number;
  beta1: number;
  beta2: number;
  root: number;
  epsilon: number;
  decay: number;
  shrink: number;
}
type AdamSlots = { mean: Tensor1D; square: Tensor1D };

/** An update of one vector as one of many arrays. */
function plainly<Numbers, Slots extends Record<string, Tensor1D>>(
  step: (p: Tensor1D, g: Tensor1D, slots: Slots, numbers: Numbers) => { p: Tensor1D; slots: Slots },
): Update<Numbers, Slots> {
  return ({ parameters, slots }, gradients, numbers) => {
    const next = tf.tidy(() => {
      const made = step(joined(parameters), joined(gradients), slots, numbers);
      const parts = tf.split(
        made.p,
        parameters.map(({ size }) => size),
      );
      return { parameters: parts.map((part, i) => part.reshape(parameters[i].shape)), slots: made.slots };
    });
    tf.dispose([parameters, slots]);
    return next;
  };
}

function joined(arrays: Tensor[]): Tensor1D {
  return tf.concat(arrays.map((array) => array.reshape<Tensor1D>([array.size])));
}

/** An update by our kernel of this name, which writes to parameters and slots. */
function inPlace<Slots extends Record<string, Tensor1D>>(
  name: string,
  { parameters, slots }: Learned<Slots>,
  gradients: Tensor[],
  numbers: number[],
): Learned<Slots> {
  const given = tf.tensor1d(numbers, 'float32');
  runOwnKernel(name, [given, ...Object.values(slots), ...parameters, ...gradients], 0, {
    counts: { n: parameters.length },
  });
  given.dispose();
  return { parameters, slots };
}

export const updateSgd = new Op<Update<SgdNumbers, SgdSlots>>(
  'update by SGD',
  {
    plain: plainly((p, g, slots, { rate, momentum, decay }) => {
      const decayed = decay > 0 ? g.add<Tensor1D>(p.mul(decay)) : g;
      const moved = slots.momentum.mul(momentum).add<Tensor1D>(decayed);
      return { p: p.sub(moved.mul(rate)), slots: { momentum: moved } };
    }),
    own: ({ parameters, slots: { momentum } }, gradients, numbers) =>
      inPlace('UpdateSgd', { parameters, slots: { momentum } }, gradients, [
        numbers.rate,
        numbers.momentum,
        numbers.decay,
      ]),
  },
  (form) => {
    const { parameters, slots } = form(trial(['momentum']), trialGradients(), { rate: 0.3, momentum: 0.7, decay: 0.2 });
    return [...parameters, slots.momentum];
  },
);

export const updateAdam = new Op<Update<AdamNumbers, AdamSlots>>(
  'update by Adam',
  {
    plain: plainly((p, g, slots, { rate, beta1, beta2, root, epsilon, decay, shrink }) => {
      const decayed = decay > 0 ? g.add<Tensor1D>(p.mul(decay)) : g;
      const mean = slots.mean.mul(beta1).add<Tensor1D>(decayed.mul(1 - beta1));
      const square = slots.square.mul(beta2).add<Tensor1D>(decayed.square().mul(1 - beta2));
      const change = mean.div(square.sqrt().mul(root).add(epsilon)).mul(rate);
      return { p: p.mul(shrink).sub(change), slots: { mean, square } };
    }),
    own: ({ parameters, slots: { mean, square } }, gradients, { rate, beta1, beta2, root, epsilon, decay, shrink }) =>
      inPlace('UpdateAdam', { parameters, slots: { mean, square } }, gradients, [
        ...[rate, beta1, 1 - beta1, beta2, 1 - beta2, root, epsilon, decay, shrink],
      ]),
  },
  (form) => {
    const numbers = { rate: 0.3, beta1: 0.7, beta2: 0.8, root: 1.5, epsilon: 1e-3, decay: 0.2, shrink: 0.9 };
    const learned = trial(['mean', 'square']);
    learned.slots.square = learned.slots.square.square();
    const { parameters, slots } = form(learned, trialGradients(), numbers);
    return [...parameters, slots.mean, slots.square];
  },
);

const TRIAL_SHAPES = [[2, 3], [5], [1, 1, 2, 4]];

function trial<Name extends string>(slots: Name[]): Learned<Record<Name, Tensor1D>> {
  const vectors = slots.map((name, i) => [name, wave<Tensor1D>([19], 3 + i)]);
  return { parameters: TRIAL_SHAPES.map((shape, i) => wave(shape, i)), slots: Object.fromEntries(vectors) };
}

function trialGradients(): Tensor[] {
  return TRIAL_SHAPES.map((shape, i) => wave(shape, 6 + i));
}
