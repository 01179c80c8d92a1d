import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Differentiated, differentiateLoss, evaluateLoss } from '../../src-main/distillation/evaluate.ts';
import { methodById, methods } from '../../src-main/distillation/registry.ts';
import { startEngine } from '../../src-main/engine/choose.ts';
import { tf } from '../../src-main/engine/tf.ts';
import { type NumpyArray, readNpz } from '../../src-main/weights/npz.ts';

interface ExpectedLoss {
  value: number;
  gradientNorms: Record<string, number>;
  gradientProbes: Record<string, number>;
}
interface Expected extends ExpectedLoss {
  method: string;
  params: object;
  ownLoss?: ExpectedLoss;
}
interface ArraySpec {
  shape: number[];
  seed: number;
  scale: number;
  classes: number[];
  ignore: number;
  /** Of an array of one number. */
  value?: number;
}
type Case = Expected & { name: string; arrays: Record<string, ArraySpec> };

const folder = new URL('./golden/', import.meta.url);
/** One file per family of methods, each by test/oracles/losses_FAMILY.py. */
const families: { cases: Case[]; file: Expected[] }[] = readdirSync(folder)
  .filter((name) => /^losses-.*\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
const golden = { cases: families.flatMap((f) => f.cases), file: families.flatMap((f) => f.file) };

/** As `bits` in test/oracles/loss_cases.py. */
function bits(seed: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => {
    let x = (i + Math.imul(seed, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return x ^ (x >>> 15);
  });
}

function uniform(seed: number, shape: readonly number[], scale: number): Float32Array {
  const size = shape.reduce((a, b) => a * b);
  return Float32Array.from(bits(seed, size), (x) => ((x >>> 8) / 2 ** 23 - 1) * scale);
}

function fill(name: string, { shape, seed, scale, classes, ignore, value }: ArraySpec): NumpyArray {
  if (value !== undefined) return { shape, data: Float32Array.of(value) };
  if (name !== 'labels') return { shape, data: uniform(seed, shape, scale) };
  const size = shape.reduce((a, b) => a * b);
  const label = (x: number) => (ignore > 0 && x % ignore === 0 ? 255 : classes[(x >>> 8) % classes.length]);
  return { shape, data: Int32Array.from(bits(seed, size), label) };
}

function compare(actual: Differentiated, expected: ExpectedLoss, tolerance: number): void {
  expect([...actual.gradients.keys()]).toEqual(Object.keys(expected.gradientNorms));
  expectNear(actual.value, expected.value, tolerance * Math.abs(expected.value));
  const largest = Math.max(0, ...Object.values(expected.gradientNorms));
  for (const [name, { shape, data }] of actual.gradients) {
    const norm = expected.gradientNorms[name];
    const probe = uniform(99, shape, 1);
    // What has no gradient, as a bias before a softmax over positions, has rounding errors of the size of the others, and so
    // has a single number, whose gradient is a sum over everything in which nearly all cancels.
    const allowed = tolerance * (norm > 0 && data.length > 1 ? norm : largest);
    expectNear(Math.sqrt(data.reduce((sum, g) => sum + g * g, 0)), norm, allowed);
    // A norm alone would not see a sign or an order that is wrong.
    const product = data.reduce((sum, g, i) => sum + g * probe[i], 0);
    expectNear(product, expected.gradientProbes[name], allowed);
  }
}

/** What is 0 but for rounding, in float32. */
const NOTHING = 1e-12;

function expectNear(actual: number, expected: number, allowed: number): void {
  const tolerance = Math.max(allowed, expected === 0 ? NOTHING : 0);
  const off = Math.abs(actual - expected);
  expect(off, `${actual} is not ${expected}: off by ${off}, allowed ${tolerance}`).toBeLessThanOrEqual(tolerance);
}

/** Of each method the first and every fifth: a graphics card that a program stands in for needs minutes for all. */
const some = golden.cases.filter((one, i, all) => i % 5 === 0 || all.findIndex((c) => c.method === one.method) === i);

describe.each([
  ['cpu', 1e-5, golden.cases],
  ['webgpu', 1e-4, some],
  ['wasm', 1e-4, some],
] as const)('on the engine %s', (engine, tolerance, cases) => {
  beforeAll(async () => {
    await startEngine(engine);
  }, 600_000);

  test('every method has cases', () => {
    expect(new Set(golden.cases.map((c) => c.method))).toEqual(new Set(methods.map((m) => m.id)));
  });

  test.each(cases)(
    '$method equals PyTorch: $name',
    ({ arrays, ...expected }) => {
      const inputs = new Map(Object.entries(arrays).map(([name, spec]) => [name, fill(name, spec)]));
      const before = tf.memory().numTensors;
      const actual = differentiateLoss(methodById(expected.method), inputs, expected.params);
      compare(actual, expected, tolerance);
      expect(Boolean(actual.ownLoss)).toBe(Boolean(expected.ownLoss));
      if (expected.ownLoss) compare(actual.ownLoss!, expected.ownLoss, tolerance);
      expect(tf.memory().numTensors).toBe(before);
      // A graphics card that a program stands in for translates each kind of program first.
    },
    300_000,
  );

  test.each(golden.file)('$method equals PyTorch on a file', async (expected) => {
    const arrays = await readNpz(fileURLToPath(new URL('losses.npz', folder)));
    const { value, gradientNorms } = evaluateLoss(methodById(expected.method), arrays, expected.params);
    expectNear(value, expected.value, tolerance * expected.value);
    expect(Object.keys(gradientNorms)).toEqual(Object.keys(expected.gradientNorms));
    for (const [name, norm] of Object.entries(expected.gradientNorms)) {
      expectNear(gradientNorms[name], norm, tolerance * norm);
    }
  });
});
