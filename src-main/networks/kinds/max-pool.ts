import { maxPoolGradient, maxPool as op } from '../../engine/ops/max-pool.ts';
import { pooledSize } from '../../engine/ops/spatial.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * Max pooling whose padding counts as −∞, as PyTorch's MaxPool2d(kernel, stride, padding).
 * attrs: `kernel`, `stride`, `padding`.
 */
export const maxPool: NodeKind = {
  id: 'maxPool',
  channels: (_, [channels]) => channels,
  size: ({ kernel, stride, padding }, [[height, width]]) => [
    pooledSize(height + 2 * padding, kernel, stride, false),
    pooledSize(width + 2 * padding, kernel, stride, false),
  ],
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x] }) => ({ output: op.form(x, window(attrs)) }),
  backward: ({ attrs, gradient, inputs: [x] }) => ({
    inputs: [maxPoolGradient.form(gradient, x, window(attrs))],
    params: [],
  }),
};

function window({ kernel, stride, padding }: Attributes) {
  return { kernel, stride, padding };
}
