import { depthwiseAct as op } from '../../engine/ops/depthwise.ts';
import { ACTIVATIONS } from '../../engine/ops/norm-act.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { depthwiseConv, geometry } from './depthwise-conv.ts';

/**
 * A depthwise convolution with what fold.ts finds after it: an offset per channel and an activation. Frozen graphs
 * alone have it. attrs: depthwiseConv's without `bias`, and `act` (its place in ACTIVATIONS). Params: filter, offset,
 * PReLU's slope (if any).
 */
export const depthwiseAct: NodeKind = {
  ...depthwiseConv,
  id: 'depthwiseAct',
  params: () => {
    throw new Error('Folding makes this node with its params.');
  },
  keepsInputs: false,
  forward: ({ attrs, inputs: [x], params }) => {
    const [filter, offset, slope] = params as [Tensor4D, Tensor1D, Tensor1D | undefined];
    return { output: op.form({ x, offset, slope, act: ACTIVATIONS[attrs.act] }, filter, geometry(attrs)) };
  },
  backward: () => {
    throw new Error('A folded network is frozen.');
  },
};
