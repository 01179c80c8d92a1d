import { type Followed, convAct as op } from '../../engine/ops/conv.ts';
import type { Shape4 } from '../../engine/ops/conv-geometry.ts';
import { ACTIVATIONS } from '../../engine/ops/norm-act.ts';
import type { Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { ForwardCall, NodeKind } from '../node-kind.ts';
import { kernelOf, windowOf } from '../window.ts';
import { conv } from './conv.ts';

/**
 * A convolution with what fold.ts finds after it: an offset per channel, a second input that is added where there is
 * one, and an activation. Frozen graphs alone have it. attrs: conv's, and `act` (its place in ACTIVATIONS). Params:
 * filter, offset (if any), PReLU's slope (if any).
 */
export const convAct: NodeKind = {
  ...conv,
  id: 'convAct',
  params: () => {
    throw new Error('Folding makes this node with its params.');
  },
  keepsInputs: false,
  prepare: (call) => {
    const [filter, ...rest] = call.params;
    const prepared = op.form.prepare(followed(call), filter as Tensor4D, windowOf(call.attrs));
    return [prepared, ...rest.map((param) => param.clone())];
  },
  forward: (call) => {
    const { attrs, inputs, params } = call;
    const { filters, groups = 1 } = attrs;
    const shape: Shape4 = [...kernelOf(attrs), inputs[0].shape[3] / groups, filters];
    return { output: op.form.forward(followed(call), { filter: params[0], shape }, windowOf(attrs)) };
  },
  backward: () => {
    throw new Error('A folded network is frozen.');
  },
};

function followed({
  attrs,
  inputs: [x, addend],
  params: [, offset, slope],
}: Pick<ForwardCall, 'attrs' | 'inputs' | 'params'>): Followed {
  return { x, addend, offset: offset as Tensor1D, slope: slope as Tensor1D | undefined, act: ACTIVATIONS[attrs.act] };
}
