import { addBias, biasGradient, conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../engine/ops/conv.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { Attributes, KindParam, NodeKind } from '../node-kind.ts';

/**
 * Convolution with a square kernel, as PyTorch's Conv2d.
 * attrs: `filters`, `kernel`, and `stride` 1, `dilation` 1, `padding` 0, `bias` 0 (1: has one) where not given.
 */
export const conv: NodeKind = {
  id: 'conv',
  channels: ({ filters }) => filters,
  size: (attrs, [[height, width]]) => [outSize(attrs, height), outSize(attrs, width)],
  params: ({ filters, kernel, bias }, [channels]) => {
    const fanIn = channels * kernel * kernel;
    // PyTorch's default: kaiming_uniform with a = √5, which is U(−1/√fanIn, 1/√fanIn) for filter and bias.
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) } as const;
    const filter: KindParam = {
      param: 'filter',
      torch: 'weight',
      shape: [kernel, kernel, channels, filters],
      torchShape: [filters, channels, kernel, kernel],
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
  macs: ({ kernel, filters }, [[, , channels]], [height, width]) =>
    height * width * kernel * kernel * channels * filters,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    const y = conv2d(x, filter as Tensor4D, geometry(attrs));
    if (!bias) return { output: y };
    const output = addBias(y, bias as Tensor1D);
    y.dispose();
    return { output };
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const params = [conv2dFilterGradient(x, gradient, weights.shape, geometry(attrs))];
    return {
      inputs: [wanted[0] ? conv2dInputGradient(gradient, weights, x.shape, geometry(attrs)) : null],
      params: bias ? [...params, biasGradient(gradient)] : params,
    };
  },
};

function geometry({ stride = 1, dilation = 1, padding = 0 }: Attributes) {
  return { stride, dilation, padding };
}

function outSize(attrs: Attributes, size: number): number {
  const { stride, dilation, padding } = geometry(attrs);
  return Math.floor((size + 2 * padding - dilation * (attrs.kernel - 1) - 1) / stride) + 1;
}
