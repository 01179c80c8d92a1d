import { addBias, biasGradient, conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../engine/ops/conv.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { Attributes, KindParam, NodeKind } from '../node-kind.ts';

/**
 * Transposed convolution without padding whose windows do not overlap (stride = kernel), as PyTorch's
 * ConvTranspose2d(k, stride=k): the gradient of a convolution with the same filter, [k, k, out, in].
 * attrs: `filters`, `kernel`, and `bias` 0 where not given.
 */
export const convTranspose: NodeKind = {
  id: 'convTranspose',
  channels: ({ filters }) => filters,
  size: ({ kernel }, [[height, width]]) => [height * kernel, width * kernel],
  params: ({ filters, kernel, bias }, [channels]) => {
    // PyTorch takes the output channels for the fan-in here, as its filter is laid out [in, out, k, k].
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(filters * kernel * kernel) } as const;
    const filter: KindParam = {
      param: 'filter',
      torch: 'weight',
      shape: [kernel, kernel, filters, channels],
      torchShape: [channels, filters, kernel, kernel],
      toOurs: 'convTranspose',
      trainable: true,
      init,
    };
    if (!bias) return [filter];
    return [
      filter,
      { param: 'bias', torch: 'bias', shape: [filters], torchShape: [filters], toOurs: 'same', trainable: true, init },
    ];
  },
  macs: ({ kernel, filters }, [[height, width, channels]]) => height * width * kernel * kernel * channels * filters,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x], params: [filter, bias] }) => {
    const [batch, height, width] = x.shape;
    const shape: [number, number, number, number] = [batch, height * attrs.kernel, width * attrs.kernel, attrs.filters];
    const y = conv2dInputGradient(x, filter as Tensor4D, shape, geometry(attrs));
    if (!bias) return { output: y };
    const output = addBias(y, bias as Tensor1D);
    y.dispose();
    return { output };
  },
  backward: ({ attrs, gradient, inputs: [x], params: [filter, bias], wanted }) => {
    const weights = filter as Tensor4D;
    const params = [conv2dFilterGradient(gradient, x, weights.shape, geometry(attrs))];
    return {
      inputs: [wanted[0] ? conv2d(gradient, weights, geometry(attrs)) : null],
      params: bias ? [...params, biasGradient(gradient)] : params,
    };
  },
};

function geometry({ kernel }: Attributes) {
  return { stride: kernel, dilation: 1, padding: 0 };
}
