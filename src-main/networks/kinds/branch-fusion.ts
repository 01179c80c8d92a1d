import { fuseBranches } from '../../engine/ops/branches.ts';
import { ACTIVATIONS } from '../../engine/ops/norm-act.ts';
import type { Tensor1D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { onlyWanted } from '../only-wanted.ts';

/**
 * Hierarchical feature fusion of ESP modules (Mehta et al., ECCV 2018): the first branch, and the running sums of the
 * others, joined along the channels; with `residual` 1 the last input is added to the whole.
 * attrs: `residual` 0 or 1; in frozen graphs `line` 1 and `act`, as folding leaves them: params are then the line's factor
 * and offset, and PReLU's slope.
 */
export const branchFusion: NodeKind = {
  id: 'branchFusion',
  channels: ({ residual }, inputs) => {
    const branches = residual ? inputs.slice(0, -1) : inputs;
    const channels = branches.reduce((a, b) => a + b, 0);
    if (new Set(branches.slice(1)).size !== 1) throw new Error('The summed branches differ in channels.');
    if (residual && inputs[inputs.length - 1] !== channels) throw new Error('The residual differs in channels.');
    return channels;
  },
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs, params }) => {
    const branches = attrs.residual ? inputs.slice(0, -1) : inputs;
    const residual = attrs.residual ? inputs[inputs.length - 1] : null;
    const [factor, offset, slope] = params as Tensor1D[];
    const line = attrs.line ? { factor, offset, slope, act: ACTIVATIONS[attrs.act] } : null;
    return { output: fuseBranches.form.forward(branches, residual, line) };
  },
  backward: ({ attrs: { residual }, gradient, inputShapes, wanted }) => {
    const branches = inputShapes.length - residual;
    const inputs = fuseBranches.form.gradient(gradient, branches, inputShapes[0][3]);
    if (residual) inputs.push(gradient.clone());
    return {
      inputs: onlyWanted(inputs, wanted),
      params: [],
    };
  },
};
