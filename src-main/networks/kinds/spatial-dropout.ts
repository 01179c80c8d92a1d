import { multiply } from '../../engine/ops/multiply.ts';
import { tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * Spatial dropout (Tompson et al., Efficient Object Localization Using Convolutional Networks, CVPR 2015), as PyTorch's
 * Dropout2d: in training each channel of each picture is left out as a whole with probability p, and the others are
 * divided by 1 − p. Where no random numbers are given it changes nothing. attrs: `p`.
 */
export const spatialDropout: NodeKind = {
  id: 'spatialDropout',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  saves: true,
  forward: ({ attrs: { p }, inputs: [x], random }) => {
    if (!random) return { output: x.clone() };
    const [count, , , channels] = x.shape;
    const factors = Float32Array.from({ length: count * channels }, (_, i) => {
      return random(Math.floor(i / channels), i % channels) < p ? 0 : 1 / (1 - p);
    });
    const mask = tf.tensor4d(factors, [count, 1, 1, channels], 'float32');
    return { output: multiply(x, mask), saved: [mask] };
  },
  backward: ({ gradient, saved: [mask] }) => ({
    inputs: [mask ? multiply(gradient, mask as typeof gradient) : gradient.clone()],
    params: [],
  }),
};
