/** Several teachers as one, against PyTorch and NumPy (test/oracles/combined_teachers.py). */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { term } from '../../../src-main/contract/recipe.ts';
import { bestTeachersOf, teacherShares } from '../../../src-main/distillation/best-teachers.ts';
import { combineLogits } from '../../../src-main/distillation/combine.ts';
import { poolTo } from '../../../src-main/distillation/ops.ts';
import { bindTerm, lossAndGradients } from '../../../src-main/distillation/total.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { resizeBilinear } from '../../../src-main/engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';

interface Stored {
  shape: number[];
  values: number[];
}
const golden = JSON.parse(readFileSync(new URL('./golden/combined-teachers.json', import.meta.url), 'utf8')) as {
  temperature: number;
  student: Stored;
  teachers: Stored[];
  labels: Stored;
  cases: {
    title: string;
    best: (number | null)[] | null;
    label: Stored;
    student: Stored;
    losses: Record<string, { value: number; gradient: Stored }>;
  }[];
};
const CLASSES = 4;
const tensor = ({ shape, values }: Stored) => tf.tensor4d(values, shape as [number, number, number, number], 'float32');
const labelMap = () => tf.tensor3d(golden.labels.values, golden.labels.shape as [number, number, number], 'int32');

beforeAll(() => startEngine('cpu'));

function expectNear(actual: Tensor4D, expected: Stored): void {
  expect(actual.shape).toEqual(expected.shape);
  const values = actual.dataSync<'float32'>();
  const most = Math.max(...expected.values.map(Math.abs));
  for (const [i, value] of expected.values.entries()) expect(Math.abs(values[i] - value) / most).toBeLessThan(1e-5);
}

test.each(golden.cases)(
  '$title: logits, terms and their gradients are those of PyTorch',
  ({ best, losses, ...sizes }) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [first, ...others] = golden.teachers.map(tensor);
      const labels = labelMap();
      const all = [first, ...others];
      const atLabels = all.map((one) => resizeBilinear(one, [8, 12]));
      expectNear(combineLogits(atLabels, CLASSES, best, labels), sizes.label);
      const pooled = all.map((one) => poolTo(one, [2, 3]));
      expectNear(combineLogits(pooled, CLASSES, best, labels), sizes.student);

      const student = { logits: tensor(golden.student), taps: new Map() };
      const taught = { logits: first, taps: new Map(), others: { logits: others, best } };
      for (const [method, expected] of Object.entries(losses)) {
        const params = method === 'kd' ? { temperature: golden.temperature } : {};
        const bound = bindTerm(term.parse({ method, weight: 1, params }), { student: [], teacher: [] });
        const made = lossAndGradients([bound], student, taught, labels);
        expect(made.total / expected.value).toBeCloseTo(1, 5);
        expectNear(made.gradients.logits, expected.gradient);
      }
    });
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.each([
  { title: 'of which the mean is taken before they are resized', best: null },
  { title: 'of which each teaches its classes', best: [1, 0, 2, null] },
])('teachers of one size, $title, give what they give at another size', ({ best }) => {
  tf.tidy(() => {
    const all = golden.teachers.map((one) => poolTo(tensor(one), [2, 3]));
    const bound = bindTerm(term.parse({ method: 'kd', weight: 1 }), { student: [], teacher: [] });
    const student = { logits: tensor(golden.student), taps: new Map() };
    const labels = labelMap();
    const of = ([logits, ...others]: Tensor4D[]) =>
      lossAndGradients([bound], student, { logits, taps: new Map(), others: { logits: others, best } }, labels);
    const alike = of(all);
    const apart = of(all.map((one, k) => (k === 0 ? resizeBilinear(one, [8, 12]) : one)));
    expect(alike.total / apart.total).toBeCloseTo(1, 5);
    const difference = alike.gradients.logits.sub(apart.gradients.logits).abs().max().dataSync()[0];
    expect(difference).toBeLessThan(1e-6);
  });
});

test('each pixel’s shares are 1 in all, and an ignored one’s are equal', () => {
  const shares = teacherShares([0, 1, 255, 2], [1, 0, null], 2);
  expect(shares.map((one) => [...one])).toEqual([
    [0, 1, 0.5, 0.5],
    [1, 0, 0.5, 0.5],
  ]);
});

test('the best teacher of a class has the largest IoU, the first of equals; none where none has any', () => {
  const ious = [
    [0.5, 0.2, null, 0, 0.7],
    [0.4, 0.9, null, null, 0.7],
  ];
  expect(bestTeachersOf(ious, 6)).toEqual([0, 1, null, null, 0, null]);
});
