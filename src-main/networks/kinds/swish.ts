import { swish as forward, swishGradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** x · sigmoid(x), as PyTorch's SiLU. */
export const swish: NodeKind = {
  id: 'swish',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, inputs: [x] }) => ({ inputs: [swishGradient(gradient, x)], params: [] }),
};
