import { softmax as forward, softmaxGradient } from '../../engine/ops/softmax.ts';
import type { NodeKind } from '../node-kind.ts';

/** Softmax, as PyTorch's. attrs: `axis` of NHWC, 3 (the channels) where not given. */
export const softmax: NodeKind = {
  id: 'softmax',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  keepsOutput: true,
  forward: ({ attrs: { axis = 3 }, inputs: [x] }) => ({ output: forward(x, axis) }),
  backward: ({ attrs: { axis = 3 }, gradient, output }) => ({
    inputs: [softmaxGradient(gradient, output!, axis)],
    params: [],
  }),
};
