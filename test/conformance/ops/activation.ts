import { prelu as op, preluGradient } from '../../../src-main/engine/ops/activation.ts';
import type { Tensor1D, Tensor4D } from '../../../src-main/engine/tf.ts';
import { awayFrom, rounded } from './inputs.ts';
import { kindRun } from './kind.ts';
import type { OpRun } from './op-case.ts';

export const prelu: OpRun = {
  prepare: (values) => rounded(values, 0.5),
  smooth: (values) => awayFrom([0], values),
  run: (inputs, _, dy) => {
    const [x, slope] = inputs as [Tensor4D, Tensor1D];
    const gradient = preluGradient(dy, x, slope);
    return { outputs: [op(x, slope)], gradients: [gradient.input, gradient.slope] };
  },
};

/** Noise made larger, so that the bends lie within, and rounded, so that values lie on them. */
function activation(id: string, kinks: readonly number[]): OpRun {
  return {
    ...kindRun(id),
    prepare: (values, { scale, step }) =>
      rounded(
        values.map((value) => value * scale),
        step,
      ),
    smooth: (values) => awayFrom(kinks, values),
  };
}

export const relu = activation('relu', [0]);
export const relu6 = activation('relu6', [0, 6]);
export const sigmoid = activation('sigmoid', []);
export const swish = activation('swish', []);
export const hardSigmoid = activation('hardSigmoid', [-3, 3]);
export const hardSwish = activation('hardSwish', [-3, 3]);
