import { relu as forward, reluGradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** max(x, 0), as PyTorch's ReLU. */
export const relu: NodeKind = {
  id: 'relu',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  keepsOutput: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, output }) => ({ inputs: [reluGradient.form(gradient, output!)], params: [] }),
};
