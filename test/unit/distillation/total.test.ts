import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomBits } from '../../../src-main/base/random.ts';
import { term } from '../../../src-main/contract/recipe.ts';
import { poolTo } from '../../../src-main/distillation/ops.ts';
import { bindTerm, lossAndGradients, type Outputs, termValues } from '../../../src-main/distillation/total.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { averagePool, resizeBilinear } from '../../../src-main/engine/ops/spatial.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

const TAPS = { student: ['a', 'b'], teacher: ['x', 'y'] };
const bind = (method: string, weight = 1, more: object = {}) => bindTerm(term.parse({ method, weight, ...more }), TAPS);

function random(purpose: string, ...shape: [number, number, number, number]): Tensor4D {
  const size = shape.reduce((a, b) => a * b);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => randomBits(3, purpose, i) / 2 ** 30 - 2),
    shape,
  );
}

let student: Outputs;
let teacher: Outputs;
let labels: Tensor3D;
let before: number;
beforeEach(() => {
  before = tf.memory().numTensors;
  student = {
    logits: random('logits', 2, 3, 4, 5),
    taps: new Map([
      ['a', random('a', 2, 6, 8, 3)],
      ['unused', random('unused', 2, 3, 4, 2)],
      ['b', random('b', 2, 3, 4, 4)],
    ]),
  };
  teacher = {
    logits: random('teacher', 2, 12, 16, 6),
    taps: new Map([
      ['x', random('x', 2, 6, 8, 2)],
      ['y', random('y', 2, 3, 4, 5)],
    ]),
  };
  const values = Array.from({ length: 2 * 12 * 16 }, (_, i) => (i % 11 === 0 ? 255 : (i >> 2) % 5));
  labels = tf.tensor3d(values, [2, 12, 16], 'int32');
});
afterEach(() => {
  tf.dispose([student.logits, ...student.taps.values(), teacher.logits, ...teacher.taps.values(), labels]);
  expect(tf.memory().numTensors).toBe(before);
});

const numbers = (t: Tensor) => Array.from(t.dataSync());
function release({ gradients }: ReturnType<typeof lossAndGradients>): void {
  tf.dispose([gradients.logits, ...gradients.taps.values()]);
}
function expectNear(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs), 1e-3);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * largest);
}

describe('the total', () => {
  const terms = () => [bind('ce', 1), bind('kd', 0.5), bind('dsd.psd', 2), bind('dsd.csd', 3)];

  test('is the weighted sum, in values and in gradients', () => {
    const all = lossAndGradients(terms(), student, teacher, labels, { gradientNorms: true });
    expect(all.terms.map((t) => t.id)).toEqual(['ce', 'kd', 'dsd.psd', 'dsd.csd']);
    expect(all.total).toBeCloseTo(
      all.terms.reduce((sum, t) => sum + t.weighted, 0),
      10,
    );

    const sums = new Map<string, number[]>();
    for (const [i, one] of terms().entries()) {
      const alone = lossAndGradients([{ ...one, weight: 1 }], student, teacher, labels);
      expect(all.terms[i].value).toBeCloseTo(alone.total, 5);
      expect(all.terms[i].weighted).toBeCloseTo(one.weight * alone.total, 5);
      const parts = [['logits', alone.gradients.logits] as const, ...alone.gradients.taps];
      let squares = 0;
      for (const [name, gradient] of parts) {
        const values = numbers(gradient);
        squares += values.reduce((sum, g) => sum + g * g, 0);
        sums.set(
          name,
          values.map((g, k) => (sums.get(name)?.[k] ?? 0) + one.weight * g),
        );
      }
      expect(all.terms[i].gradientNorm! / Math.sqrt(squares)).toBeCloseTo(1, 4);
      release(alone);
    }
    expectNear(numbers(all.gradients.logits), sums.get('logits')!);
    for (const [name, gradient] of all.gradients.taps) expectNear(numbers(gradient), sums.get(name)!);
    release(all);
  });

  test('has no gradient where no term reads, in the shape of what it is of', () => {
    const { gradients, ...rest } = lossAndGradients([bind('dsd.psd')], student, teacher, labels);
    expect(rest.terms[0]).not.toHaveProperty('gradientNorm');
    expect(gradients.logits.shape).toEqual([2, 3, 4, 5]);
    expect(numbers(gradients.logits).every((g) => g === 0)).toBe(true);
    expect([...gradients.taps.keys()]).toEqual(['a', 'unused', 'b']);
    expect(numbers(gradients.taps.get('unused')!).every((g) => g === 0)).toBe(true);
    expect(numbers(gradients.taps.get('a')!).some((g) => g !== 0)).toBe(true);
    release({ gradients, ...rest });
  });

  test('counts each way once where a tap is the tensor of the logits', () => {
    const shared = {
      logits: student.logits,
      taps: new Map([
        ['a', student.taps.get('a')!],
        ['b', student.logits],
      ]),
    };
    const both = lossAndGradients([bind('ce'), bind('dsd.psd')], shared, teacher, labels);
    const ce = lossAndGradients([bind('ce')], student, undefined, labels);
    expectNear(numbers(both.gradients.logits), numbers(ce.gradients.logits));
    release(both);
    release(ce);
  });
});

describe('sizes', () => {
  test('cross-entropy and KD work at the size of the labels, upsampled without aligned corners', () => {
    const full = { ...student, logits: resizeBilinear(student.logits, [12, 16]) };
    const terms = [bind('ce'), bind('kd')];
    const small = termValues(terms, student, teacher, labels);
    const large = termValues(terms, full, teacher, labels);
    full.logits.dispose();
    for (const [i, { value }] of small.entries()) expect(value).toBeCloseTo(large[i].value, 5);
  });

  test("CSD works at the student's stride, the teacher average-pooled to it", () => {
    const pooled = { ...teacher, logits: averagePool(teacher.logits, 4) };
    const [small] = termValues([bind('dsd.csd')], student, pooled, labels);
    const [large] = termValues([bind('dsd.csd')], student, teacher, labels);
    pooled.logits.dispose();
    expect(small.value).toBeGreaterThan(0);
    expect(large.value).toBeCloseTo(small.value, 9);
  });

  test('pooling of sizes that no window divides takes the window of the stride, or resizes', () => {
    const shapes = tf.tidy(() =>
      (
        [
          [23, 30, 3, 4],
          [23, 30, 8, 8],
          [5, 6, 10, 12],
        ] as const
      ).map(([h, w, ...to]) => poolTo(tf.ones([1, h, w, 2]), to)),
    );
    expect(shapes.map((t) => t.shape)).toEqual([
      [1, 3, 4, 2],
      [1, 8, 8, 2],
      [1, 10, 12, 2],
    ]);
    for (const t of shapes) for (const value of t.dataSync()) expect(value).toBeCloseTo(1, 5);
    tf.dispose(shapes);
  });
});

describe('what cannot be bound is refused in words', () => {
  test.each([
    [() => bind('dsdd'), /no method named "dsdd"/],
    [() => bind('kd', 1, { params: { temperature: -1 } }), /kd: option temperature/],
    [() => bind('dsd.psd', 1, { taps: { student: ['a'], teacher: ['x'] } }), /at least 2 taps/],
    [() => bind('dsd.psd', 1, { taps: { student: ['a', 'b'], teacher: ['x'] } }), /2 taps of the student and 1/],
    [() => lossAndGradients([bind('kd')], student, undefined, labels), /kd needs a teacher/],
    [
      () =>
        termValues(
          [bind('dsd.psd', 1, { taps: { student: ['a', 'q'], teacher: ['x', 'y'] } })],
          student,
          teacher,
          labels,
        ),
      /dsd\.psd taps q, which the student does not have/,
    ],
  ] as [() => unknown, RegExp][])('%#', (act, message) => {
    expect(act).toThrow(expect.objectContaining({ name: 'Problem', message: expect.stringMatching(message) }));
  });

  test('a method without taps ignores those of the recipe', () => {
    expect(bind('ce', 1, { taps: { student: ['a'], teacher: ['x'] } }).taps).toEqual({ student: [], teacher: [] });
  });
});
