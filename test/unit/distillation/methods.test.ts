import { beforeAll, describe, expect, test } from 'vitest';
import { randomBits } from '../../../src-main/base/random.ts';
import { term } from '../../../src-main/contract/recipe.ts';
import { differentiateLoss } from '../../../src-main/distillation/evaluate.ts';
import { correlations } from '../../../src-main/distillation/methods/dsd-csd.ts';
import { attention, residuals, tapPairs } from '../../../src-main/distillation/methods/dsd-psd.ts';
import { methodById } from '../../../src-main/distillation/registry.ts';
import { bindTerm } from '../../../src-main/distillation/total.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { unit } from '../../../src-main/engine/ops/unit.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import type { NumpyArray } from '../../../src-main/weights/npz.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

function array(purpose: string, shape: number[]): NumpyArray {
  const size = shape.reduce((a, b) => a * b);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => randomBits(7, purpose, i) / 2 ** 31 - 1) };
}

function inputs(): Map<string, NumpyArray> {
  const labels = Int32Array.from({ length: 2 * 12 }, (_, i) => (i % 5 === 0 ? 255 : i % 4));
  return new Map([
    ['student.logits', array('sl', [2, 4, 3, 4])],
    ['teacher.logits', array('tl', [2, 5, 3, 4])],
    ['student.tap0', array('s0', [2, 3, 5, 6])],
    ['student.tap1', array('s1', [2, 4, 3, 4])],
    ['student.tap2', array('s2', [2, 2, 3, 4])],
    ['teacher.tap0', array('t0', [2, 2, 5, 6])],
    ['teacher.tap1', array('t1', [2, 6, 3, 4])],
    ['teacher.tap2', array('t2', [2, 3, 3, 4])],
    ['labels', { shape: [2, 3, 4], data: labels }],
  ]);
}

describe('the gradient is the slope of the value', () => {
  const options: [string, object][] = [
    ['ce', {}],
    ['ce', { classWeights: [1, 0.5, 2, 0] }],
    ['ce.ohem', { minKept: 3 }],
    ['ce.ohem', { threshold: null, minKept: 4, mean: 'kept' }],
    ['ce.boundary', { radius: 1, factor: 5 }],
    ['ssl', { beta: 0 }],
    ['ssl', { beta: 0, probabilities: 'sigmoid' }],
    ['kd', { temperature: 1 }],
    ['kd', { temperature: 3 }],
    ['ace', { rule: 'correct' }],
    ['ace', { rule: 'confidence', temperature: 2 }],
    ['bpkd', { radius: 1, temperature: 2 }],
    ['bpkd', { radius: 1, body: 'pixel' }],
    ['csc', { pool: 1 }],
    ['csc', { form: 'by-shift', norm: 'squared' }],
    ['cirkd.batch', { temperature: 0.5, pool: 1 }],
    ['apd.pd', { tau: 2 }],
    ['apd.pd', { tau: 2, scope: 'batch' }],
    ['at', { tap: 1, reduction: 'sum' }],
    ['at', { reduction: 'mean' }],
    ['pkt', { tap: 0, samples: 'pixels', pool: 2 }],
    ['skd.pixel', {}],
    ['skd.pairwise', { tap: 0, pool: 2 }],
    ['skd.pairwise', { pool: 1 }],
    ['ifvd', { tap: 0 }],
    ['ifvd', {}],
    ['cwd', { temperature: 2, on: 'logits' }],
    ['dist', {}],
    ['dist', { beta: 0.5, gamma: 2, temperature: 2 }],
    ['dsd.psd', { pairs: 'all', reduction: 'sum' }],
    ['dsd.psd', { pairs: 'adjacent', reduction: 'sum' }],
    ['dsd.psd', { pairs: 'all', reduction: 'mean' }],
    ['dsd.csd', { form: 'cosine', tau: 0.5, pool: 1 }],
    ['dsd.csd', { form: 'cosine', tau: 0.5, pool: 2 }],
    ['dsd.csd', { form: 'spatial', tau: 0.5, pool: 1 }],
  ];
  test.each(options)('%s %j', (id, params) => {
    const method = methodById(id);
    const { gradients } = differentiateLoss(method, inputs(), params);
    expect(gradients.size).toBeGreaterThan(0);
    for (const [name, { data: gradient }] of gradients) {
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      // Along the gradient's own direction, and along a random one, so that a wrong direction is seen too.
      const random = Float32Array.from(array('direction', [gradient.length]).data);
      for (const direction of [gradient, random]) {
        const length = Math.sqrt(direction.reduce((sum: number, d: number) => sum + d * d, 0));
        const step = 0.02 / length;
        const at = (sign: number) => {
          const moved = inputs();
          const { shape, data } = moved.get(name)!;
          moved.set(name, { shape, data: Float32Array.from(data, (v, i) => v + sign * step * direction[i]) });
          return differentiateLoss(method, moved, params).value;
        };
        const slope = (at(1) - at(-1)) / (2 * step);
        const expected = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
        expect(Math.abs(slope - expected)).toBeLessThan(0.01 * norm * length);
      }
    }
  });
});

describe('degenerate input', () => {
  test('a zero vector stays zero under N and has a finite gradient', () => {
    const [value, gradient] = tf.tidy(() => {
      const v = tf.tensor2d([
        [0, 0, 0],
        [3, 0, 4],
      ]);
      const { grads } = tf.valueAndGrads(() => unit(v).sum())([v]);
      return [unit(v).dataSync(), grads[0].dataSync()];
    }) as Float32Array[];
    expect([...value]).toEqual([0, 0, 0, expect.closeTo(0.6), 0, expect.closeTo(0.8)]);
    expect([...gradient].every(Number.isFinite)).toBe(true);
    // (1 − u Σu) / ‖v‖
    expect([...gradient.slice(3)]).toEqual([expect.closeTo(0.032), expect.closeTo(0.2), expect.closeTo(-0.024)]);
  });

  test('dead taps and saturated logits give finite values and gradients', () => {
    const arrays = inputs();
    for (const name of ['student.tap0', 'student.tap1', 'teacher.tap1']) {
      const { shape, data } = arrays.get(name)!;
      arrays.set(name, { shape, data: new Float32Array(data.length) });
    }
    const { shape, data } = arrays.get('student.logits')!;
    const channel = (i: number) => Math.floor(i / 12) % 4;
    arrays.set('student.logits', { shape, data: Float32Array.from(data, (_, i) => (channel(i) === 1 ? 1000 : -1000)) });
    for (const [id, params] of [
      ['ce', {}],
      ['ce.ohem', {}],
      ['ce.boundary', {}],
      ['ssl', {}],
      ['ssl', { probabilities: 'sigmoid' }],
      ['kd', {}],
      ['ace', {}],
      ['bpkd', { radius: 1 }],
      ['csc', {}],
      ['cirkd.batch', { tap: 1 }],
      ['apd.pd', { tap: 1 }],
      ['at', { tap: 0 }],
      ['pkt', { tap: 0 }],
      ['pkt', { tap: 1, samples: 'pixels', pool: 1 }],
      ['skd.pixel', {}],
      ['skd.pairwise', { tap: 0 }],
      ['ifvd', { tap: 1 }],
      ['cwd', {}],
      ['dist', {}],
      ['dsd.psd', {}],
      ['dsd.csd', { form: 'cosine', tau: 1, pool: 1 }],
      ['dsd.csd', { form: 'spatial', tau: 1, pool: 1 }],
    ] as const) {
      const { value, gradients } = differentiateLoss(methodById(id), arrays, params);
      expect(value, id).toSatisfy(Number.isFinite);
      for (const { data } of gradients.values()) expect(data.every(Number.isFinite), id).toBe(true);
    }
  });

  test('a class that the student never predicts resembles none, itself included', () => {
    const matrix = tf.tidy(() => {
      const logits = tf.tensor4d([0, 0, -500, 1, 0, -500], [1, 1, 2, 3]);
      return correlations(logits, { form: 'cosine', tau: 1, pool: 1 }).dataSync();
    });
    expect(matrix[8]).toBeCloseTo(0, 6);
    expect(matrix[2]).toBeCloseTo(0, 6);
    expect(matrix[0]).toBeCloseTo(1, 6);
    expect(matrix[1]).toBeCloseTo(0.88818, 4);
  });

  test.each(['ce', 'ce.ohem', 'ce.boundary', 'ssl', 'ace', 'bpkd'])('%s of ignored pixels alone is zero', (id) => {
    const arrays = inputs();
    arrays.set('labels', { shape: [2, 3, 4], data: new Int32Array(24).fill(255) });
    const { value, gradients } = differentiateLoss(methodById(id), arrays, {});
    expect(value).toBeCloseTo(0, 12);
    expect(gradients.get('student.logits')!.data.every((g) => g === 0)).toBe(true);
  });
});

test('equal networks lose nothing', () => {
  const arrays = inputs();
  for (const name of ['logits', 'tap0', 'tap1', 'tap2']) arrays.set(`teacher.${name}`, arrays.get(`student.${name}`)!);
  for (const id of ['kd', 'dsd.psd', 'dsd.csd', 'at', 'pkt', 'skd.pairwise', 'ifvd', 'cwd', 'ickd', 'dist']) {
    const { value, gradients } = differentiateLoss(methodById(id), arrays, {});
    expect(value).toBeCloseTo(0, 9);
    for (const { data } of gradients.values()) expect(data.every((g) => Math.abs(g) < 1e-7)).toBe(true);
  }
});

test('maps for the eye: attention and residuals have unit length, in the order of the pairs', () => {
  expect(tapPairs(3, 'all')).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
  expect(tapPairs(4, 'adjacent')).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  const lengths = tf.tidy(() => {
    const taps = [1, 2, 3].map((c) => tf.tensor4d(array(`tap${c}`, [1, 6, 5, c]).data, [1, 6, 5, c]) as Tensor4D);
    const maps = attention(taps, [6, 5]);
    return [...tf.unstack(maps), ...tf.unstack(residuals(maps, 'all'))].map((m) => m.square().sum().dataSync()[0]);
  }) as unknown as number[];
  expect(lengths).toHaveLength(6);
  for (const length of lengths) expect(length).toBeCloseTo(1, 5);
});

test('pixels and channels of zeros, as a ReLU leaves them, are not what the gradient goes to', () => {
  const arrays = inputs();
  const { shape, data } = arrays.get('student.tap2')!;
  // The first pixel of each image, or the first channel.
  const without = (zero: (i: number) => boolean) => ({
    shape,
    data: Float32Array.from(data, (v, i) => (zero(i) ? 0 : v)),
  });
  arrays.set('teacher.tap2', { shape, data: Float32Array.from(array('t', shape).data, (v) => Math.abs(v)) });
  const largest = (id: string, params: object, zero: (i: number) => boolean) => {
    arrays.set('student.tap2', without(zero));
    const gradient = differentiateLoss(methodById(id), arrays, params).gradients.get('student.tap2')!.data;
    return gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  };
  for (const [id, params] of [
    ['skd.pairwise', { pool: 1 }],
    ['pkt', { samples: 'pixels', pool: 1 }],
    ['ifvd', {}],
  ] as const) {
    expect(largest(id, params, (i) => i % 12 === 0)).toBeLessThan(10);
  }
  expect(largest('ickd', {}, (i) => Math.floor(i / 12) % 2 === 0)).toBeLessThan(10);
});

test('a tap may be named as the file names it, and a recipe’s term keeps no other', () => {
  const value = (tap: number | string) => differentiateLoss(methodById('at'), inputs(), { tap }).value;
  expect(value('tap1')).toBe(value(1));
  expect(value(1)).not.toBe(value(2));
  const named = { student: ['a', 'b', 'c'], teacher: ['x', 'y', 'z'] };
  const taps = (method: string, params: Record<string, unknown>) =>
    bindTerm(term.parse({ method, weight: 1, params, taps: named }), named).taps;
  expect(taps('at', { tap: 1 })).toEqual({ student: ['b'], teacher: ['y'] });
  expect(taps('at', {})).toEqual({ student: ['c'], teacher: ['z'] });
  expect(taps('dsd.psd', {})).toEqual(named);
  expect(taps('cwd', {})).toEqual({ student: [], teacher: [] });
  expect(taps('cwd', { on: 'tap' })).toEqual(named);
  expect(() => taps('at', { tap: 3 })).toThrow(expect.objectContaining({ name: 'Problem', where: 'tap' }));
});
