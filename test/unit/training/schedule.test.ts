import { expect, test } from 'vitest';
import { learningRateAt, termFactorAt } from '../../../src-main/training/schedule.ts';

const at = (step: number, settings: Partial<Parameters<typeof learningRateAt>[0]> = {}) =>
  learningRateAt({ steps: 100, power: 0.9, warmup: 0, minimum: 0, ...settings }, 0.02, step);

test('falls as (1 − step/steps)^power, to nothing after the last step', () => {
  expect(at(0)).toBe(0.02);
  expect(at(50)).toBeCloseTo(0.02 * 0.5 ** 0.9, 12);
  expect(at(99)).toBeCloseTo(0.02 * 0.01 ** 0.9, 12);
  expect(at(100)).toBe(0);
});

test('stays constant at power 0 and never falls under the minimum', () => {
  expect(at(99, { power: 0 })).toBe(0.02);
  expect(at(99, { minimum: 0.001 })).toBe(0.001);
});

test('rises linearly over the warm-up, from above zero, and then follows the schedule', () => {
  const settings = { warmup: 4, power: 0, minimum: 0.02 };
  expect([0, 1, 2, 3, 4].map((step) => at(step, settings) / 0.02)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
});

test('a term without a schedule counts by its weight at every step', () => {
  expect([0, 5, 99].map((step) => termFactorAt(null, step, 100))).toEqual([1, 1, 1]);
});

test('a constant schedule counts from its first step to before its last, or to the end', () => {
  const at = (to: number | null) =>
    [0, 9, 10, 19, 20, 99].map((step) => termFactorAt({ shape: 'constant', from: 10, to }, step, 100));
  expect(at(20)).toEqual([0, 0, 1, 1, 0, 0]);
  expect(at(null)).toEqual([0, 0, 1, 1, 1, 1]);
});

test('a ramp goes from one factor to the other between its steps, and stays there before and after', () => {
  const at = (shape: 'linear' | 'cosine', to: number | null) =>
    [0, 10, 15, 20, 30, 40].map((step) => termFactorAt({ shape, from: 10, to, start: 2, end: 0.5 }, step, 30));
  expect(at('linear', null)).toEqual([2, 2, 1.625, 1.25, 0.5, 0.5]);
  expect(at('linear', 20)).toEqual([2, 2, 1.25, 0.5, 0.5, 0.5]);
  const [, , quarter, middle] = at('cosine', null);
  expect(quarter).toBeCloseTo(0.5 + 1.5 * 0.8535534, 6);
  expect(middle).toBeCloseTo(1.25, 12);
  expect(at('cosine', null).filter((_, i) => i < 2 || i > 3)).toEqual([2, 2, 0.5, 0.5]);
});
