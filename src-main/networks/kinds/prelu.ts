import { prelu as forward, preluGradient } from '../../engine/ops/activation.ts';
import type { Tensor1D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/** PReLU with a slope per channel, as PyTorch's PReLU(channels): x where x > 0, slope · x elsewhere. */
export const prelu: NodeKind = {
  id: 'prelu',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: (_, [channels]) => [
    {
      param: 'slope',
      torch: 'weight',
      shape: [channels],
      torchShape: [channels],
      toOurs: 'same',
      trainable: true,
      init: { kind: 'constant', value: 0.25 },
    },
  ],
  macs: () => 0,
  keepsInputs: true,
  scratch: (_, [[height, width, channels]]) => {
    const size = height * width * channels;
    return { forward: 2 * size, backward: 4 * size };
  },
  forward: ({ inputs: [x], params: [slope] }) => ({ output: forward(x, slope as Tensor1D) }),
  backward: ({ gradient, inputs: [x], params: [slope] }) => {
    const gradients = preluGradient(gradient, x, slope as Tensor1D);
    return { inputs: [gradients.input], params: [gradients.slope] };
  },
};
