import { addBias, biasGradient } from '../../engine/ops/conv.ts';
import { depthwise2d, depthwise2dFilterGradient, depthwise2dInputGradient } from '../../engine/ops/depthwise.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { Attributes, KindParam, NodeKind } from '../node-kind.ts';
import { conv } from './conv.ts';

/**
 * Convolution of each channel by itself with a square kernel, as PyTorch's Conv2d(c, c·multiplier, groups=c).
 * attrs: `kernel`, and `multiplier` 1 (output channels of each), `stride` 1, `dilation` 1, `padding` 0, `bias` 0 (1:
 * has one) where not given. Stride or dilation is 1.
 */
export const depthwiseConv: NodeKind = {
  id: 'depthwiseConv',
  channels: ({ multiplier = 1 }, [channels]) => channels * multiplier,
  size: conv.size,
  params: ({ kernel, multiplier = 1, bias }, [channels]) => {
    const init = { kind: 'uniform', bound: 1 / kernel } as const;
    const filters = channels * multiplier;
    const filter: KindParam = {
      param: 'filter',
      torch: 'weight',
      shape: [kernel, kernel, channels, multiplier],
      torchShape: [filters, 1, kernel, kernel],
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
  macs: ({ kernel }, _, [height, width, filters]) => height * width * kernel * kernel * filters,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    const y = depthwise2d(x, filter as Tensor4D, geometry(attrs));
    if (!bias) return { output: y };
    const output = addBias(y, bias as Tensor1D);
    y.dispose();
    return { output };
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const params = [depthwise2dFilterGradient(x, gradient, weights.shape, geometry(attrs))];
    return {
      inputs: [wanted[0] ? depthwise2dInputGradient(gradient, weights, x.shape, geometry(attrs)) : null],
      params: bias ? [...params, biasGradient(gradient)] : params,
    };
  },
};

function geometry({ stride = 1, dilation = 1, padding = 0 }: Attributes) {
  return { stride, dilation, padding };
}
