import { ACTIVATIONS, affineAct as op } from '../../engine/ops/norm-act.ts';
import type { Tensor1D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * A line per channel, a second input where there is one, and an activation: what fold.ts leaves of a batch norm. Frozen
 * graphs alone have it. attrs: `act` (its place in ACTIVATIONS), `factor` 1 where the line has one, else 0.
 * Params: factor (if any), offset, PReLU's slope (if any).
 */
export const affineAct: NodeKind = {
  id: 'affineAct',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => {
    throw new Error('Folding makes this node with its params.');
  },
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x, addend], params }) => {
    const [factor, offset, slope] = (attrs.factor ? params : [undefined, ...params]) as (Tensor1D | undefined)[];
    return { output: op.form({ x, addend, factor, offset: offset!, slope, act: ACTIVATIONS[attrs.act] }) };
  },
  backward: () => {
    throw new Error('A folded network is frozen.');
  },
};
