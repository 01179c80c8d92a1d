import { hardSwish as forward, hardSwishGradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** x · relu6(x + 3) / 6, as PyTorch's Hardswish. */
export const hardSwish: NodeKind = {
  id: 'hardSwish',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, inputs: [x] }) => ({ inputs: [hardSwishGradient(gradient, x)], params: [] }),
};
