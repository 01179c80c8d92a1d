import { convAct as op } from '../../engine/ops/conv.ts';
import { ACTIVATIONS } from '../../engine/ops/norm-act.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { windowOf } from '../window.ts';
import { conv } from './conv.ts';

/**
 * A convolution with what fold.ts finds after it: an offset per channel, a second input that is added where there is
 * one, and an activation. Frozen graphs alone have it. attrs: conv's without `bias`, and `act` (its place in
 * ACTIVATIONS). Params: filter, offset, PReLU's slope (if any).
 */
export const convAct: NodeKind = {
  ...conv,
  id: 'convAct',
  params: () => {
    throw new Error('Folding makes this node with its params.');
  },
  keepsInputs: false,
  forward: ({ attrs, inputs: [x, addend], params: [filter, offset, slope] }) => {
    const followed = { x, addend, offset: offset as Tensor1D, slope: slope as Tensor1D, act: ACTIVATIONS[attrs.act] };
    return { output: op.form(followed, filter as Tensor4D, windowOf(attrs)) };
  },
  backward: () => {
    throw new Error('A folded network is frozen.');
  },
};
