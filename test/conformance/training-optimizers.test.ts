import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Recipe, recipe } from '../../src-main/contract/recipe.ts';
import { tf } from '../../src-main/engine/tf.ts';
import { Optimizer } from '../../src-main/training/optimizer.ts';

interface Golden {
  start: number[];
  gradients: number[][];
  cases: { name: string; settings: Recipe['optimizer']; after: number[][] }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('./golden/optimizers.json', import.meta.url), 'utf8'));

beforeAll(async () => {
  await tf.setBackend('cpu');
});

let tensors = 0;
afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

describe.each(golden.cases)('$name', ({ settings, after }) => {
  const parsed = recipe.shape.optimizer.parse(settings);

  test('takes the steps that torch.optim takes', () => {
    tensors = tf.memory().numTensors;
    const optimizer = new Optimizer(parsed, 6);
    let parameters = tf.tensor1d(golden.start);
    golden.gradients.forEach((values, step) => {
      parameters = update(optimizer, parameters, values, settings.learningRate * (1 - step / 10), step);
      const reached = [...parameters.dataSync()];
      reached.forEach((value, i) => {
        expect(Math.abs(value - after[step][i])).toBeLessThan(2e-6 * Math.max(1, Math.abs(after[step][i])));
      });
    });
    parameters.dispose();
    optimizer.dispose();
  });

  test('goes on from its slots as if never stopped', () => {
    tensors = tf.memory().numTensors;
    const run = (from: number, to: number, start: Float32Array, slots?: Map<string, Float32Array>) => {
      const optimizer = new Optimizer(parsed, 6, slots);
      let parameters = tf.tensor1d(start);
      for (let s = from; s < to; s++) parameters = update(optimizer, parameters, golden.gradients[s], 0.01, s);
      const kept = new Map([...optimizer.values()].map(([name, values]) => [name, values.slice()]));
      const reached = parameters.dataSync() as Float32Array;
      parameters.dispose();
      optimizer.dispose();
      return { reached, kept };
    };
    const whole = run(0, 7, Float32Array.from(golden.start));
    const half = run(0, 3, Float32Array.from(golden.start));
    expect(run(3, 7, half.reached, half.kept)).toEqual(whole);
  });
});

function update(
  optimizer: Optimizer,
  parameters: ReturnType<typeof tf.tensor1d>,
  values: number[],
  rate: number,
  step: number,
) {
  const gradient = tf.tensor1d(values);
  const next = optimizer.update(parameters, gradient, rate, step + 1);
  tf.dispose([parameters, gradient]);
  return next;
}
