import { addBias, biasGradient, conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../engine/ops/conv.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { KindParam, NodeKind } from '../node-kind.ts';
import { kernelOf, windowOf, windowSize } from '../window.ts';

/**
 * Convolution, as PyTorch's Conv2d. attrs: `filters`, the window's (window.ts), and `groups` 1, `bias` 0 (1: has one)
 * where not given.
 */
export const conv: NodeKind = {
  id: 'conv',
  channels: ({ filters }) => filters,
  size: (attrs, [size]) => windowSize(attrs, size),
  params: (attrs, [channels]) => {
    const { filters, bias, groups = 1 } = attrs;
    const [height, width] = kernelOf(attrs);
    const fanIn = (channels / groups) * height * width;
    // PyTorch's default: kaiming_uniform with a = √5, which is U(−1/√fanIn, 1/√fanIn) for filter and bias.
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) } as const;
    const filter: KindParam = {
      param: 'filter',
      torch: 'weight',
      shape: [height, width, channels / groups, filters],
      torchShape: [filters, channels / groups, height, width],
      toOurs: 'conv',
      trainable: true,
      init,
    };
    if (!bias) return [filter];
    return [
      filter,
      { param: 'bias', torch: 'bias', shape: [filters], torchShape: [filters], toOurs: 'same', trainable: true, init },
    ];
  },
  macs: (attrs, [[, , channels]], [height, width, filters]) => {
    const [down, across] = kernelOf(attrs);
    return (height * width * down * across * channels * filters) / (attrs.groups ?? 1);
  },
  keepsInputs: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    const y = conv2d(x, filter as Tensor4D, windowOf(attrs));
    if (!bias) return { output: y };
    const output = addBias(y, bias as Tensor1D);
    y.dispose();
    return { output };
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const params = [conv2dFilterGradient(x, gradient, weights.shape, windowOf(attrs))];
    return {
      inputs: [wanted[0] ? conv2dInputGradient(gradient, weights, x.shape, windowOf(attrs)) : null],
      params: bias ? [...params, biasGradient(gradient)] : params,
    };
  },
};
