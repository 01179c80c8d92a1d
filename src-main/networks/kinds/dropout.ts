import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * Dropout of single values (Srivastava et al., JMLR 2014), as PyTorch's Dropout: in training each value is left out with
 * probability p, and the others are divided by 1 − p. Where no random numbers are given it changes nothing. What was left out
 * is told by the output, which is kept anyway, so that a value that is 0 gets no gradient: it is meant for what comes from a
 * ReLU, whose gradient is 0 there too. attrs: `p`.
 */
export const dropout: NodeKind = {
  id: 'dropout',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  keepsOutput: true,
  saves: true,
  forward: ({ attrs: { p }, inputs: [x], random }) => {
    if (!random) return { output: x.clone() };
    const picture = x.size / x.shape[0];
    const factor = 1 / (1 - p);
    const mask = Float32Array.from({ length: x.size }, (_, i) => {
      return random(Math.floor(i / picture), i % picture) < p ? 0 : factor;
    });
    return {
      output: tf.tidy(() => x.mul<Tensor4D>(tf.tensor4d(mask, x.shape, 'float32'))),
      saved: [tf.scalar(factor)],
    };
  },
  backward: ({ gradient, output, saved: [factor] }) => ({
    inputs: [factor ? tf.tidy(() => gradient.mul<Tensor4D>(output!.abs().step().mul(factor))) : gradient.clone()],
    params: [],
  }),
};
