import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Recipe, recipe } from '../../src-main/contract/recipe.ts';
import { hasEngine } from '../../src-main/engine/acquire.ts';
import { startEngine } from '../../src-main/engine/choose.ts';
import { CPU } from '../../src-main/engine/native-engines.ts';
import { recordForms } from '../../src-main/engine/ops/forms.ts';
import { type Tensor, tf } from '../../src-main/engine/tf.ts';
import { Optimizer, plainUpdateVectors } from '../../src-main/training/optimizer.ts';

interface Golden {
  start: number[];
  gradients: number[][];
  cases: { name: string; settings: Recipe['optimizer']; after: number[][] }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('./golden/optimizers.json', import.meta.url), 'utf8'));

/** The golden numbers over and over, as arrays of which some are short, and some are cut where threads meet. */
const SHAPES = [[1], [2, 3, 1], [4], [13, 2111], [20000], [5]];
const SIZE = SHAPES.reduce((sum, shape) => sum + sizeOf(shape), 0);

function sizeOf(shape: number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function arrays(values: ArrayLike<number>): Tensor[] {
  let at = 0;
  return SHAPES.map((shape) => {
    const own = Float32Array.from({ length: sizeOf(shape) }, (_, i) => values[(at + i) % values.length]);
    at += own.length;
    return tf.tensor(own, shape);
  });
}

function numbers(parameters: Tensor[]): number[] {
  return parameters.flatMap((array) => [...array.dataSync()]);
}

let tensors = 0;
afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

describe.each([
  ['cpu', 'own'],
  ['wasm', 'plain'],
] as const)('%s', (engine, form) => {
  describe.skipIf(engine === 'cpu' && !hasEngine(CPU)).each(golden.cases)('$name', ({ settings, after }) => {
    beforeAll(async () => {
      await startEngine(engine);
      tensors = tf.memory().numTensors;
    });
    const parsed = recipe.shape.optimizer.parse(settings);

    test('takes the steps that torch.optim takes', () => {
      const optimizer = new Optimizer(parsed, SIZE);
      let parameters = arrays(golden.start);
      golden.gradients.forEach((values, step) => {
        const rate = settings.learningRate * (1 - step / 10);
        const { value, forms } = recordForms(() => update(optimizer, parameters, values, rate, step));
        expect([...forms.values()]).toEqual([form]);
        parameters = value;
        expect(parameters.map(({ shape }) => shape)).toEqual(SHAPES);
        const wrong = numbers(parameters).filter((value, i) => {
          const expected = after[step][i % 6];
          return !(Math.abs(value - expected) < 2e-6 * Math.max(1, Math.abs(expected)));
        });
        expect(wrong).toEqual([]);
      });
      tf.dispose(parameters);
      optimizer.dispose();
    });

    // The kernel updates in place.
    if (form === 'plain') {
      test('holds as many vectors as is told', async () => {
        const optimizer = new Optimizer(parsed, SIZE);
        const [parameters, gradients] = [arrays(golden.start), arrays(golden.gradients[0])];
        const before = tf.memory().numBytes;
        const made = await tf.profile(() => optimizer.update(parameters, gradients, 0.01, 1));
        // TensorFlow.js counts reshaped tensors too, though they share: parameters, gradients, and new parameters.
        expect(Math.round((made.peakBytes - before) / (4 * SIZE)) - 3).toBe(plainUpdateVectors(parsed));
        tf.dispose([...gradients, ...(made.result as Tensor[])]);
        optimizer.dispose();
      });
    }

    test('goes on from its slots as if never stopped, and leaves those that it was given', () => {
      const run = (from: number, to: number, start: ArrayLike<number>, slots?: Map<string, Float32Array>) => {
        const optimizer = new Optimizer(parsed, SIZE, slots);
        let parameters = arrays(start);
        for (let s = from; s < to; s++) parameters = update(optimizer, parameters, golden.gradients[s], 0.01, s);
        const reached = { parameters: numbers(parameters), slots: optimizer.values() };
        tf.dispose(parameters);
        optimizer.dispose();
        return reached;
      };
      const half = run(0, 3, golden.start);
      const given = structuredClone(half.slots);
      const whole = run(0, 7, golden.start);
      expect(isDeepStrictEqual(run(3, 7, half.parameters, half.slots), whole)).toBe(true);
      expect(isDeepStrictEqual(half.slots, given)).toBe(true);
    });
  });
});

function update(optimizer: Optimizer, parameters: Tensor[], values: number[], rate: number, step: number): Tensor[] {
  const gradients = arrays(values);
  const next = optimizer.update(parameters, gradients, rate, step + 1);
  tf.dispose(gradients);
  return next;
}
