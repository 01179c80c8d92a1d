import { multiply as forward, multiplyGateGradient } from '../../engine/ops/multiply.ts';
import type { NodeKind } from '../node-kind.ts';

/** Product of two inputs of one shape, or of the first with a gate of 1 × 1 pixels that holds for the whole image. */
export const multiply: NodeKind = {
  id: 'multiply',
  channels: (_, [channels, gate]) => {
    if (channels !== gate) throw new Error('The inputs of a product differ in channels.');
    return channels;
  },
  mixedSizes: true,
  size: (_, [size, gate]) => {
    const one = gate[0] === 1 && gate[1] === 1;
    if (!one && (gate[0] !== size[0] || gate[1] !== size[1]))
      throw new Error('The inputs of a product differ in size.');
    return size;
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ inputs: [x, gate] }) => ({ output: forward(x, gate) }),
  backward: ({ gradient, inputs: [x, gate], wanted }) => ({
    inputs: [
      wanted[0] ? forward(gradient, gate) : null,
      wanted[1] ? multiplyGateGradient(gradient, x, gate.shape) : null,
    ],
    params: [],
  }),
};
