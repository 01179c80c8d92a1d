import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { evaluateLoss } from '../../../src-main/distillation/evaluate.ts';
import { methodById, methodInfos, methods } from '../../../src-main/distillation/registry.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import type { NumpyArray } from '../../../src-main/weights/npz.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

const floats = (...shape: number[]): NumpyArray => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 7) / 3),
});
const labels = (value: number, ...shape: number[]): NumpyArray => ({
  shape,
  data: new Int32Array(shape.reduce((a, b) => a * b)).fill(value),
});

const good = () =>
  new Map([
    ['student.logits', floats(1, 3, 4, 5)],
    ['teacher.logits', floats(1, 4, 4, 5)],
    ['student.tap0', floats(1, 2, 4, 5)],
    ['student.tap1', floats(1, 2, 2, 3)],
    ['teacher.tap0', floats(1, 2, 4, 5)],
    ['teacher.tap1', floats(1, 2, 2, 3)],
    ['labels', labels(1, 1, 8, 10)],
  ]);

describe('gradient norms', () => {
  test.each([
    ['ce', ['student.logits']],
    ['kd', ['student.logits']],
    ['dsd.psd', ['student.tap0', 'student.tap1']],
    ['dsd.csd', ['student.logits']],
    ['at', ['student.tap1']],
    ['cwd', ['student.logits']],
  ])('%s names the arrays that it reads, and no others', (id, names) => {
    const { value, gradientNorms } = evaluateLoss(methodById(id), good(), {});
    expect(Number.isFinite(value)).toBe(true);
    expect(Object.keys(gradientNorms)).toEqual(names);
  });
});

describe('what is wrong is said in a sentence', () => {
  const wrong: [string, string, object, [string, NumpyArray | undefined][], RegExp][] = [
    ['an array is missing', 'kd', {}, [['teacher.logits', undefined]], /needs the array teacher\.logits/],
    ['labels are missing', 'ce', {}, [['labels', undefined]], /needs the array labels/],
    ['a tap is missing', 'dsd.psd', {}, [['student.tap0', undefined]], /needs the array student\.tap0/],
    ['the teacher lacks a tap', 'dsd.psd', {}, [['student.tap2', floats(1, 1, 2, 2)]], /3 taps of the student and 2/],
    ['the batches differ', 'kd', {}, [['teacher.logits', floats(2, 3, 4, 5)]], /batches of different sizes: 1, 2/],
    ['the sizes differ', 'kd', {}, [['teacher.logits', floats(1, 3, 4, 4)]], /4×5 but the teacher's are 4×4/],
    [
      'the teacher knows too little',
      'dsd.csd',
      {},
      [['teacher.logits', floats(1, 2, 4, 5)]],
      /2 outputs but the student/,
    ],
    ['an axis is missing', 'kd', {}, [['student.logits', floats(3, 4, 5)]], /student\.logits has the shape 3×4×5/],
    ['labels do not fit', 'ce', {}, [['labels', labels(0, 1, 9, 10)]], /9×10 are no whole multiple of logits of 4×5/],
    ['a label is no class', 'ce', {}, [['labels', labels(3, 1, 4, 5)]], /labels holds 3, but there are 3 classes/],
    ['class weights do not fit', 'ce', { classWeights: [1, 2] }, [], /2 class weights for 3 classes/],
    [
      'a number is not finite',
      'kd',
      {},
      [['student.logits', { shape: [1, 1, 1, 1], data: new Float32Array([Number.NaN]) }]],
      /not finite/,
    ],
    ['an option is unknown', 'kd', { temp: 4 }, [], /kd has no option named temp/],
    ['a tap is not there', 'at', { tap: 2 }, [], /There is no tap 2/],
    [
      'channels differ',
      'ickd',
      { adapter: 'none' },
      [['teacher.tap1', floats(1, 3, 2, 3)]],
      /2 channels but the teacher’s has 3/,
    ],
    ['it can be on no such thing', 'cwd', { on: 'tap one' }, [], /cwd: option on: It is logits, or a tap/],
    ['an option is out of range', 'kd', { temperature: 0 }, [], /option temperature/],
    ['an option is not among the choices', 'dsd.csd', { form: 'euclid' }, [], /option form/],
    ['the options are no object', 'kd', [4], [], /kd: /],
  ];
  test.each(wrong)('%s', (_, id, params, changes, message) => {
    const arrays: Map<string, NumpyArray> = good();
    for (const [name, array] of changes) {
      if (array) arrays.set(name, array);
      else arrays.delete(name);
    }
    expect(() => evaluateLoss(methodById(id), arrays, params)).toThrow(
      expect.objectContaining({ name: 'Problem', message: expect.stringMatching(message), next: expect.any(String) }),
    );
  });

  test('an unknown method names the known ones', () => {
    expect(() => methodById('dsd')).toThrow(
      expect.objectContaining({ name: 'Problem', next: expect.stringMatching(/^Known: ce, .*, dsd.csd\b.*\.$/) }),
    );
  });
});

test('the recipe form can be drawn from the description of each method', () => {
  expect(methodInfos().map((m) => m.id)).toEqual(methods.map((m) => m.id));
  for (const info of JSON.parse(JSON.stringify(methodInfos()))) {
    for (const field of Object.values(info.params.properties)) {
      expect(field).toMatchObject({ title: expect.any(String), description: expect.any(String) });
      expect(field).toHaveProperty('default');
    }
    expect(z.fromJSONSchema(info.params).safeParse({}).success).toBe(true);
  }
});
