import { addAll } from '../../engine/ops/combine.ts';
import type { NodeKind } from '../node-kind.ts';

/** Sum of its inputs, which have one shape. */
export const add: NodeKind = {
  id: 'add',
  channels: (_, [channels, ...others]) => {
    if (others.some((other) => other !== channels)) throw new Error('The inputs of a sum differ in channels.');
    return channels;
  },
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  sharesGradient: true,
  forward: ({ inputs }) => ({ output: addAll(inputs) }),
  backward: ({ gradient, wanted }) => ({ inputs: wanted.map((want) => (want ? gradient.clone() : null)), params: [] }),
};
