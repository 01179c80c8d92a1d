import {
  type PoolWindow,
  paddedAveragePoolGradient,
  paddedAveragePool as paddedPool,
} from '../../../src-main/engine/ops/pool.ts';
import { resizeBilinear as bilinear, averagePool as pool } from '../../../src-main/engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { apart, rounded } from './inputs.ts';
import { kindRun } from './kind.ts';
import type { OpRun } from './op-case.ts';
import { taped } from './taped.ts';

export const paddedAveragePool: OpRun = {
  run: ([x], attrs, dy) => {
    const window = attrs as unknown as PoolWindow;
    return {
      outputs: [paddedPool(x as Tensor4D, window)],
      gradients: [paddedAveragePoolGradient(dy, [x.shape[1]!, x.shape[2]!], window)],
    };
  },
};

export const averagePool: OpRun = {
  run: ([x], { kernel, stride, ceil }, dy) =>
    taped(x, dy, (input) => pool(input as Tensor4D, kernel, { stride, ceil: Boolean(ceil) })),
};

export const resizeBilinear: OpRun = {
  run: ([x], { size, alignCorners }, dy) =>
    taped(x, dy, (input) =>
      bilinear(input as Tensor4D, size as unknown as [number, number], { alignCorners: Boolean(alignCorners) }),
    ),
};

export const maxPool: OpRun = {
  ...kindRun('maxPool'),
  prepare: (values, { step }) => rounded(values, step),
  smooth: apart,
};

export const adaptiveAveragePool = kindRun('adaptiveAveragePool');
export const pad = kindRun('pad');
export const unitScale = kindRun('unitScale', 1);
export const resize = kindRun('resize');

export const maxUnpool: OpRun = {
  run: ([x, noise], { step, ...attrs }, dy) => {
    const source = tf.tidy(() => tf.round(noise.div(step)).mul(step));
    const { outputs, gradients } = kindRun('maxUnpool').run([x, source], attrs, dy);
    source.dispose();
    // That of the source is zero by definition, which PyTorch does not even give.
    gradients[1].dispose();
    return { outputs, gradients: [gradients[0]] };
  },
};
