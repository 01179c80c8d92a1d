import { gelu as forward, geluGradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** x · Φ(x) with the normal distribution's Φ, as PyTorch's GELU. */
export const gelu: NodeKind = {
  id: 'gelu',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, inputs: [x] }) => ({ inputs: [geluGradient(gradient, x)], params: [] }),
};
