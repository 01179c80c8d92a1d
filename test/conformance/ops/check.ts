/**
 * One op's case on the running engine: how far our output and gradients are from PyTorch's, and our gradients from
 * finite differences of our own output. The vitest suite and `npm run conformance` both use it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type FormName, recordForms } from '../../../src-main/engine/ops/forms.ts';
import { type Rank, type Tensor, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { noise } from '../noise.ts';
import { STEP } from './inputs.ts';
import type { Listed, OpCase, OpRun } from './op-case.ts';
import { runs } from './registry.ts';

const GOLDEN = new URL('../golden/', import.meta.url);

export const opCases = readdirSync(GOLDEN)
  .filter((name) => /^ops.*\.json$/.test(name))
  .sort()
  .flatMap((name): OpCase[] => JSON.parse(readFileSync(new URL(name, GOLDEN), 'utf8')));

/** Allowed differences; see OpDifferences. */
export const LIMITS = { forward: 1e-5, gradient: 1e-4, finite: 1e-3 };

export interface OpDifferences {
  /** The forms that were taken, by the op's part. */
  forms: ReadonlyMap<string, FormName>;
  /** Worst difference to PyTorch's output, as a share of its largest value. */
  forward: number;
  /** The same of the gradients; null where the op has none. */
  gradient: number | null;
  /** Worst difference of directional derivatives, as a share of the gradient's norm; null where it has none. */
  finite: number | null;
}

const DIRECTIONS = 3;

/** Runs a case. Leaves no tensors behind. */
export async function checkOp(one: OpCase, op: OpRun | undefined = runs[one.op]): Promise<OpDifferences> {
  if (!op) throw new Error(`test/conformance/ops/registry.ts has no line for the op ${one.op}.`);
  const noises = one.shapes.map((shape, i) => ({ shape, values: noise(sizeOf(shape), i + 1) }));
  const inputs = changeFirst(noises, (values) => op.prepare?.(values, one.attrs) ?? values);
  const { answer, forms } = await evaluate(op, one, inputs);
  const gradients = answer.gradients.map((gradient, i) => difference(gradient, one.gradients[i]!));
  const has = gradients.length > 0;
  return {
    forms,
    forward: Math.max(...answer.outputs.map((output, i) => difference(output, one.outputs[i]))),
    gradient: has ? Math.max(...gradients) : null,
    finite: has
      ? await finiteDifferences(
          op,
          one,
          changeFirst(inputs, (values) => op.smooth?.(values, one.shapes[0]) ?? values),
        )
      : null,
  };
}

function changeFirst([first, ...others]: Array32[], change: (values: Float32Array) => Float32Array): Array32[] {
  return [{ ...first, values: change(first.values) }, ...others];
}

/** What is not within the limits, in words; empty when all is. */
export function faults({ forward, gradient, finite }: Pick<OpDifferences, keyof typeof LIMITS>): string[] {
  const values = { forward, gradient, finite };
  // Written so that NaN is a fault.
  return (Object.keys(LIMITS) as (keyof typeof LIMITS)[])
    .filter((key) => values[key] !== null && !(values[key] <= LIMITS[key]))
    .map((key) => `${key} differs by ${values[key]}, allowed ${LIMITS[key]}`);
}

interface Array32 {
  shape: number[];
  values: Float32Array;
}

async function evaluate(
  op: OpRun,
  { attrs, outputs }: OpCase,
  inputs: Array32[],
): Promise<{ answer: { outputs: Array32[]; gradients: Array32[] }; forms: ReadonlyMap<string, FormName> }> {
  const tensors = inputs.map(({ shape, values }) => tf.tensor<Rank>(values, shape));
  const dy = tf.tensor<Rank>(noise(outputs[0].values.length, 100), outputs[0].shape) as Tensor4D;
  const { value: given, forms } = recordForms(() => op.run(tensors, attrs, dy));
  try {
    const read = async (tensor: Tensor) => ({ shape: tensor.shape, values: (await tensor.data()) as Float32Array });
    return {
      answer: {
        outputs: await Promise.all(given.outputs.map(read)),
        gradients: await Promise.all(given.gradients.map(read)),
      },
      forms,
    };
  } finally {
    tf.dispose([tensors, dy, given.outputs, given.gradients]);
  }
}

function difference(given: Array32, golden: Listed): number {
  const shape = (one: { shape: number[] }) => one.shape.join('×');
  if (shape(given) !== shape(golden)) throw new Error(`The shape is ${shape(given)} and not ${shape(golden)}.`);
  let largest = 0;
  let worst = 0;
  golden.values.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    worst = Math.max(worst, Math.abs(given.values[i] - value));
  });
  return worst / (largest || 1);
}

/**
 * For each input with a gradient, the derivative of Σ dy · f(…, x, …) along a few directions of signs: by central
 * differences of f as the engine computes it in float32, against the gradient's product with the direction. The input
 * itself is rounded to float32 at both ends, so the way between them as rounded is taken, not the step; sums are in
 * float64. The gradient's norm is the size that such a product has on average.
 *
 * The error is h²/6 times the third derivative, which is of the order of one here, and the output's rounding, 6e-8,
 * divided by h: at h = STEP both are some 1e-5, a hundredth of what is allowed. A wrong factor, sign, place or a
 * forgotten term gives an error of the order of one.
 * @returns the worst difference as a share of the gradient's norm
 */
async function finiteDifferences(op: OpRun, one: OpCase, inputs: Array32[]): Promise<number> {
  const { answer } = await evaluate(op, one, inputs);
  const dy = noise(one.outputs[0].values.length, 100);
  let worst = 0;
  for (const [moved, { values: gradient }] of answer.gradients.entries()) {
    const project = async (values: Float32Array) => {
      const changed = inputs.map((input, i) => (i === moved ? { ...input, values } : input));
      const { answer } = await evaluate(op, one, changed);
      return answer.outputs[0].values.reduce((sum, value, i) => sum + value * dy[i], 0);
    };
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let k = 0; k < DIRECTIONS; k++) {
      const signs = noise(gradient.length, 200 + k).map(Math.sign);
      const [ahead, behind] = [STEP, -STEP].map((step) => inputs[moved].values.map((x, i) => x + step * signs[i]));
      const measured = (await project(ahead)) - (await project(behind));
      const expected = gradient.reduce((sum, value, i) => sum + value * (ahead[i] - behind[i]), 0);
      worst = Math.max(worst, Math.abs(measured - expected) / (2 * STEP * norm));
    }
  }
  return worst;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
