import { pad as forward, padGradient } from '../../engine/ops/pad.ts';
import type { NodeKind } from '../node-kind.ts';
import { windowOf } from '../window.ts';

/**
 * Zeros around the image, as PyTorch's pad. attrs: `padding`, or by axis or side (window.ts), and `channels` 0 (so many of
 * zeros after those of the input) where not given.
 */
export const pad: NodeKind = {
  id: 'pad',
  channels: ({ channels: more = 0 }, [channels]) => channels + more,
  size: (attrs, [[height, width]]) => {
    const [top, bottom, left, right] = windowOf(attrs).padding;
    return [height + top + bottom, width + left + right];
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => ({ output: forward(x, windowOf(attrs).padding, attrs.channels ?? 0) }),
  backward: ({ attrs, gradient, inputShapes: [shape] }) => ({
    inputs: [padGradient(gradient, windowOf(attrs).padding, shape)],
    params: [],
  }),
};
