import { batchNorm as op } from '../../../src-main/engine/ops/batch-norm.ts';
import { normActByStatistics } from '../../../src-main/engine/ops/norm-act.ts';
import { type Tensor1D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { kindRun } from './kind.ts';
import type { OpRun } from './op-case.ts';

export const batchNorm: OpRun = {
  run: (inputs, { epsilon }, dy) => {
    const [x, scale, offset] = inputs as [Tensor4D, Tensor1D, Tensor1D];
    const { y, mean, variance, saved } = op.form.forward(x, scale, offset, epsilon);
    const gradient = op.form.gradient(dy, x, scale, saved, epsilon);
    tf.dispose(saved);
    return { outputs: [y, mean, variance], gradients: [gradient.input, gradient.scale, gradient.offset] };
  },
};

export const batchNormInference: OpRun = {
  run: ([x, ...rest], { epsilon }) => {
    const [scale, offset, mean, spread] = rest as Tensor1D[];
    const variance = tf.tidy(() => spread.square().add<Tensor1D>(0.1));
    const y = normActByStatistics({ x: x as Tensor4D, scale, offset, epsilon, act: 'none' }, mean, variance);
    variance.dispose();
    return { outputs: [y], gradients: [] };
  },
};

export const groupNorm = kindRun('groupNorm', 1);
export const layerNorm = kindRun('layerNorm', 1);
