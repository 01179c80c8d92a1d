import { expect, test } from 'vitest';
import { learningRateAt } from '../../../src-main/training/schedule.ts';

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
