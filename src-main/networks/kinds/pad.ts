import { pad as forward, padGradient } from '../../engine/ops/pad.ts';
import type { NodeKind } from '../node-kind.ts';
import { windowOf } from '../window.ts';

/** Zeros around the image, as PyTorch's ZeroPad2d. attrs: `padding`, or by axis or side (window.ts). */
export const pad: NodeKind = {
  id: 'pad',
  channels: (_, [channels]) => channels,
  size: (attrs, [[height, width]]) => {
    const [top, bottom, left, right] = windowOf(attrs).padding;
    return [height + top + bottom, width + left + right];
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => ({ output: forward(x, windowOf(attrs).padding) }),
  backward: ({ attrs, gradient, inputShapes: [[, height, width]] }) => ({
    inputs: [padGradient(gradient, windowOf(attrs).padding, [height, width])],
    params: [],
  }),
};
