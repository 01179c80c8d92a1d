import { ACTIVATIONS, type NormActInput, normActByStatistics, normAct as op } from '../../engine/ops/norm-act.ts';
import type { Tensor, Tensor1D, Tensor4D } from '../../engine/tf.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * Batch normalisation and an activation. Graphs are not written with it: fuse.ts puts it in the place of batchNorm and the
 * activation's node for running.
 * attrs: `epsilon`, `act` (its place in ACTIVATIONS). Params: those of batchNorm, then PReLU's slope.
 */
export const normAct: NodeKind = {
  id: 'normAct',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => {
    throw new Error('A fused node takes the params of those that it stands for.');
  },
  macs: () => 0,
  keepsInputs: true,
  saves: true,
  forward: ({ attrs, inputs, params, training }) => {
    if (training) {
      const [scale, offset, slope] = params as Tensor1D[];
      const { y, saved, mean, variance } = op.form.forward(inputOf(attrs, inputs, [scale, offset, slope]));
      return { output: y, saved, statistics: [mean, variance] };
    }
    const [scale, offset, mean, variance, slope] = params as Tensor1D[];
    return { output: normActByStatistics(inputOf(attrs, inputs, [scale, offset, slope]), mean, variance) };
  },
  backward: ({ attrs, gradient, inputs, output, params, saved }) => {
    const given = inputOf(attrs, inputs, params as Tensor1D[]);
    const d = op.form.gradient(gradient, output, given, saved);
    return {
      inputs: given.addend ? [d.x, d.addend!] : [d.x],
      params: d.slope ? [d.scale, d.offset, d.slope] : [d.scale, d.offset],
    };
  },
};

/** The same with a sum with a second input between the two, which the gradient tells from the output. */
export const normAddAct: NodeKind = { ...normAct, id: 'normAddAct', keepsOutput: true };

function inputOf(attrs: Attributes, [x, addend]: Tensor4D[], [scale, offset, slope]: Tensor[]): NormActInput {
  return {
    x,
    addend,
    scale: scale as Tensor1D,
    offset: offset as Tensor1D,
    slope: slope as Tensor1D | undefined,
    act: ACTIVATIONS[attrs.act],
    epsilon: attrs.epsilon,
  };
}
