import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EngineWish, startEngine } from '../../src-main/engine/choose.ts';
import { prelu, preluGradient } from '../../src-main/engine/ops/activation.ts';
import { batchNorm, batchNormInference } from '../../src-main/engine/ops/batch-norm.ts';
import {
  addBias,
  biasGradient,
  type ConvGeometry,
  conv2d,
  conv2dFilterGradient,
  conv2dInputGradient,
} from '../../src-main/engine/ops/conv.ts';
import { type PoolWindow, paddedAveragePool, paddedAveragePoolGradient } from '../../src-main/engine/ops/pool.ts';
import { averagePool, resizeBilinear } from '../../src-main/engine/ops/spatial.ts';
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../../src-main/engine/tf.ts';
import { sizeOf } from '../../src-main/networks/graph.ts';
import { noise } from './noise.ts';
import { layerRuns } from './ops-layers.ts';

interface Listed {
  shape: number[];
  values: number[];
}

interface Case {
  op: string;
  name: string;
  shapes: number[][];
  attrs: Record<string, number>;
  outputs: Listed[];
  gradients: (Listed | null)[];
}

/** Outputs, and gradients of the inputs (those that the op has) for the first output's gradient dy. */
export type Run = (inputs: Tensor[], attrs: Case['attrs'], dy: Tensor4D) => { outputs: Tensor[]; gradients: Tensor[] };

const runs: Record<string, Run> = {
  ...layerRuns,
  conv: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as ConvGeometry;
    return {
      outputs: [conv2d(x, filter, geometry)],
      gradients: [
        conv2dInputGradient(dy, filter, x.shape, geometry),
        conv2dFilterGradient(x, dy, filter.shape, geometry),
      ],
    };
  },
  convTranspose: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as ConvGeometry;
    return {
      outputs: [conv2dInputGradient(x, filter, dy.shape, geometry)],
      gradients: [conv2d(dy, filter, geometry), conv2dFilterGradient(dy, x, filter.shape, geometry)],
    };
  },
  bias: ([x, bias], _, dy) => ({
    outputs: [addBias(x as Tensor4D, bias as Tensor1D)],
    gradients: [dy.clone(), biasGradient(dy)],
  }),
  batchNorm: ([x, scale, offset], { epsilon }, dy) => {
    const normed = batchNorm.form.forward(x as Tensor4D, scale as Tensor1D, offset as Tensor1D, epsilon);
    const gradient = batchNorm.form.gradient(dy, x as Tensor4D, scale as Tensor1D, normed.saved, epsilon);
    tf.dispose(normed.saved);
    return {
      outputs: [normed.y, normed.mean, normed.variance],
      gradients: [gradient.input, gradient.scale, gradient.offset],
    };
  },
  batchNormInference: ([x, ...rest], { epsilon }) => {
    const [scale, offset, mean, spread] = rest as Tensor1D[];
    const variance = tf.tidy(() => spread.square().add<Tensor1D>(0.1));
    const y = batchNormInference.form(x as Tensor4D, scale, offset, mean, variance, epsilon);
    variance.dispose();
    return { outputs: [y], gradients: [] };
  },
  prelu: ([x, slope], _, dy) => {
    // Rounded as PyTorch rounds, to even: zeros are among the inputs.
    const rounded = tf.tidy(() => tf.round(x.mul(2)).div<Tensor4D>(2));
    const output = prelu(rounded, slope as Tensor1D);
    const gradient = preluGradient(dy, rounded, slope as Tensor1D);
    rounded.dispose();
    return { outputs: [output], gradients: [gradient.input, gradient.slope] };
  },
  paddedAveragePool: ([x], attrs, dy) => {
    const window = attrs as unknown as PoolWindow;
    return {
      outputs: [paddedAveragePool(x as Tensor4D, window)],
      gradients: [paddedAveragePoolGradient(dy, [x.shape[1]!, x.shape[2]!], window)],
    };
  },
  averagePool: ([x], { kernel, stride, ceil }, dy) =>
    taped(x as Tensor4D, dy, (input) => averagePool(input, kernel, { stride, ceil: Boolean(ceil) })),
  resizeBilinear: ([x], { size, alignCorners }, dy) =>
    taped(x as Tensor4D, dy, (input) =>
      resizeBilinear(input, size as unknown as [number, number], { alignCorners: Boolean(alignCorners) }),
    ),
};

function taped(x: Tensor4D, dy: Tensor4D, op: (x: Tensor4D) => Tensor4D) {
  return { outputs: [op(x)], gradients: [tf.grad((input) => op(input as Tensor4D))(x, dy)] };
}

/** Every op on one engine against PyTorch: outputs to 1e-5 and gradients to 1e-4 of the largest value. */
export function describeOps(engine: EngineWish): void {
  const cases = ['ops', 'ops-layers'].flatMap((name): Case[] =>
    JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8')),
  );
  let tensors = 0;

  beforeAll(async () => {
    await startEngine(engine);
  });
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

  describe.each([...new Set(cases.map(({ op }) => op))])(`%s on ${engine}`, (op) => {
    test.each(cases.filter((one) => one.op === op))('$name', ({ shapes, attrs, outputs, gradients }) => {
      const inputs = shapes.map((shape, i) => noisy(shape, i + 1));
      const dy = noisy(outputs[0].shape, 100) as Tensor4D;
      const given = runs[op](inputs, attrs, dy);
      given.outputs.forEach((output, i) => {
        expectClose(output, outputs[i], 1e-5);
      });
      given.gradients.forEach((gradient, i) => {
        expectClose(gradient, gradients[i]!, 1e-4);
      });
      tf.dispose([inputs, dy, given.outputs, given.gradients]);
    });
  });
}

function noisy(shape: number[], seed: number): Tensor {
  return tf.tensor(noise(sizeOf(shape), seed), shape);
}

function expectClose(tensor: Tensor, golden: Listed, tolerance: number): void {
  expect(tensor.shape).toEqual(golden.shape);
  const largest = golden.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const values = tensor.dataSync() as Float32Array;
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - golden.values[i])), 0);
  expect(worst).toBeLessThan(tolerance * largest);
}
