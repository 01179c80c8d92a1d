import { sigmoid as forward, sigmoidGradient } from '../../engine/ops/activation.ts';
import type { NodeKind } from '../node-kind.ts';

/** 1 / (1 + e^−x), as PyTorch's Sigmoid. */
export const sigmoid: NodeKind = {
  id: 'sigmoid',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  keepsOutput: true,
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, output }) => ({ inputs: [sigmoidGradient.form(gradient, output!)], params: [] }),
};
