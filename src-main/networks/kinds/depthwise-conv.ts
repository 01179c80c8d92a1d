import { depthwise2d, depthwise2dFilterGradient, depthwise2dInputGradient } from '../../engine/ops/depthwise.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import { filterParams, withBias, withBiasGradient } from '../bias.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';
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
    return filterParams(
      { shape: [kernel, kernel, channels, multiplier], torchShape: [filters, 1, kernel, kernel], toOurs: 'conv', init },
      filters,
      bias,
    );
  },
  macs: ({ kernel }, _, [height, width, filters]) => height * width * kernel * kernel * filters,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    return withBias(depthwise2d(x, filter as Tensor4D, geometry(attrs)), bias);
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const filterGradient = depthwise2dFilterGradient(x, gradient, weights.shape, geometry(attrs));
    return {
      inputs: [wanted[0] ? depthwise2dInputGradient(gradient, weights, x.shape, geometry(attrs)) : null],
      params: withBiasGradient(filterGradient, gradient, bias),
    };
  },
};

/** As the op wants it. */
export function geometry({ stride = 1, dilation = 1, padding = 0 }: Attributes) {
  return { stride, dilation, padding };
}
