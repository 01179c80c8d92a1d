import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../engine/ops/conv.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import { filterParams, withBias, withBiasGradient } from '../bias.ts';
import type { NodeKind } from '../node-kind.ts';
import { kernelOf, windowOf, windowSize } from '../window.ts';

/**
 * Convolution, as PyTorch's Conv2d. attrs: `filters`, the window's (window.ts), and `groups` 1, `bias` 0 (1: has one)
 * and `linear` 0 (1: PyTorch has it as a Linear of each pixel) where not given.
 */
export const conv: NodeKind = {
  id: 'conv',
  channels: ({ filters }) => filters,
  size: (attrs, [size]) => windowSize(attrs, size),
  params: (attrs, [channels]) => {
    const { filters, bias, groups = 1, linear = 0 } = attrs;
    const [height, width] = kernelOf(attrs);
    const fanIn = (channels / groups) * height * width;
    // PyTorch's default: kaiming_uniform with a = √5, which is U(−1/√fanIn, 1/√fanIn) for filter and bias.
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) } as const;
    return filterParams(
      {
        shape: [height, width, channels / groups, filters],
        torchShape: linear ? [filters, channels] : [filters, channels / groups, height, width],
        toOurs: 'conv',
        init,
      },
      filters,
      bias,
    );
  },
  macs: (attrs, [[, , channels]], [height, width, filters]) => {
    const [down, across] = kernelOf(attrs);
    return (height * width * down * across * channels * filters) / (attrs.groups ?? 1);
  },
  keepsInputs: true,
  rounds: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    return withBias(conv2d(x, filter as Tensor4D, windowOf(attrs)), bias);
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const filterGradient = conv2dFilterGradient(x, gradient, weights.shape, windowOf(attrs));
    return {
      inputs: [wanted[0] ? conv2dInputGradient(gradient, weights, x.shape, windowOf(attrs)) : null],
      params: withBiasGradient(filterGradient, gradient, bias),
    };
  },
};
