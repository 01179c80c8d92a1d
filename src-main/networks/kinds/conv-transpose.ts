import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../engine/ops/conv.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import { filterParams, withBias, withBiasGradient } from '../bias.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';
import { kernelOf, transposedSize, windowOf } from '../window.ts';

/**
 * Transposed convolution, as PyTorch's ConvTranspose2d: the gradient of a convolution with the same filter,
 * [kh, kw, out, in]. attrs: `filters`, the window's (window.ts; the stride is the kernel where not given), and
 * `outputPadding` 0 (rows and columns more at the end, fewer than the stride), `bias` 0 where not given.
 */
export const convTranspose: NodeKind = {
  id: 'convTranspose',
  channels: ({ filters }) => filters,
  size: (attrs, [size]) => transposedSize(transposedWindow(attrs), size),
  params: (attrs, [channels]) => {
    const { filters, bias } = attrs;
    const [height, width] = kernelOf(attrs);
    // PyTorch takes the output channels for the fan-in here, as its filter is laid out [in, out, k, k].
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(filters * height * width) } as const;
    return filterParams(
      {
        shape: [height, width, filters, channels],
        torchShape: [channels, filters, height, width],
        toOurs: 'convTranspose',
        init,
      },
      filters,
      bias,
    );
  },
  macs: (attrs, [[height, width, channels]]) => {
    const [down, across] = kernelOf(attrs);
    return height * width * down * across * channels * attrs.filters;
  },
  keepsInputs: true,
  rounds: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    const [batch, height, width] = x.shape;
    const size = transposedSize(transposedWindow(attrs), [height, width]);
    return withBias(
      conv2dInputGradient(x, filter as Tensor4D, [batch, ...size, attrs.filters], windowOf(transposedWindow(attrs))),
      bias,
    );
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const filterGradient = conv2dFilterGradient(gradient, x, weights.shape, windowOf(transposedWindow(attrs)));
    return {
      inputs: [wanted[0] ? conv2d(gradient, weights, windowOf(transposedWindow(attrs))) : null],
      params: withBiasGradient(filterGradient, gradient, bias),
    };
  },
};

/** The attributes of its window with the stride that it has. */
export function transposedWindow(attrs: Attributes): Attributes {
  const [height, width] = kernelOf(attrs);
  const { stride } = attrs;
  return { strideHeight: stride ?? height, strideWidth: stride ?? width, ...attrs };
}
