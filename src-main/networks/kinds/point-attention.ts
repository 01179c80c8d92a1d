import { pointAttention as forward, pointAttentionGradients } from '../../engine/ops/point-attention.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import { filterParams } from '../bias.ts';
import type { NodeKind } from '../node-kind.ts';
import { onlyWanted } from '../only-wanted.ts';

/**
 * PSANet's attention: what the first input's pixels tell by a 1×1 convolution weighs the second's, one output of the
 * convolution for each of `side` × `side` places relative to a pixel. attrs: `side`, odd, and `distribute`: 1, the pixels
 * tell how much they give to those places, or 0, how much they take from there.
 */
export const pointAttention: NodeKind = {
  id: 'pointAttention',
  channels: (_, [, value]) => value,
  size: (_, [size]) => size,
  params: ({ side }, [channels]) => {
    const filters = side * side;
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(channels) } as const;
    const shape = [1, 1, channels, filters];
    return filterParams({ shape, torchShape: [filters, channels, 1, 1], toOurs: 'conv', init }, filters, 0);
  },
  // The whole convolution's, as it is written down; places outside of the picture are not computed.
  macs: ({ side }, [[height, width, channels], [, , values]]) =>
    height * width * (channels * side * side + height * width * values),
  keepsInputs: true,
  scratch: ({ side }, [[height, width, channels], [, , values]]) => {
    const row = width * height * width;
    const filter = channels * Math.min(side, 2 * height) * Math.min(side, 2 * width);
    return {
      forward: 12 * row + 2 * filter + height * width * values,
      backward: 26 * row + 5 * channels * side * side + 2 * height * width * (channels + values),
    };
  },
  forward: ({ attrs: { distribute }, inputs: [hidden, value], params: [filter] }) => ({
    output: forward(hidden, value, filter as Tensor4D, distribute === 1),
  }),
  backward: ({ attrs: { distribute }, gradient, inputs: [hidden, value], params: [filter], wanted }) => {
    const all = pointAttentionGradients(gradient, [hidden, value, filter as Tensor4D], distribute === 1);
    const [ofHidden, ofValue, ofFilter] = all;
    return {
      inputs: onlyWanted([ofHidden, ofValue], wanted),
      params: [ofFilter],
    };
  },
};
