import { paddedAveragePool, paddedAveragePoolGradient } from '../../engine/ops/pool.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * Average pooling whose padding counts as zeros, as PyTorch's AvgPool2d(kernel, stride, padding).
 * attrs: `kernel`, `stride`, `padding`.
 */
export const averagePool: NodeKind = {
  id: 'averagePool',
  channels: (_, [channels]) => channels,
  size: (attrs, [[height, width]]) => [outSize(attrs, height), outSize(attrs, width)],
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => ({ output: paddedAveragePool(x, window(attrs)) }),
  backward: ({ attrs, gradient, inputShapes: [shape] }) => ({
    inputs: [paddedAveragePoolGradient(gradient, [shape[1], shape[2]], window(attrs))],
    params: [],
  }),
};

function window({ kernel, stride, padding }: Attributes) {
  return { kernel, stride, padding };
}

function outSize({ kernel, stride, padding }: Attributes, size: number): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}
