import { relu6 as forward, relu6Gradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** min(max(x, 0), 6), as PyTorch's ReLU6. */
export const relu6: NodeKind = {
  id: 'relu6',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  keepsOutput: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, output }) => ({ inputs: [relu6Gradient.form(gradient, output!)], params: [] }),
};
