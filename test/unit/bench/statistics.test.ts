import { expect, test } from 'vitest';
import { comparePairs, fastest, mean, median, quantile } from '../../bench/statistics.ts';

test('medians and quantiles lie between the sorted values', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([10, 0, 5], 0.25)).toBe(2.5);
  expect(quantile([7], 0.75)).toBe(7);
  expect(mean([1, 2, 6])).toBe(3);
});

test('numbers are sorted as numbers, and the given list stays as it is', () => {
  const values = [100, 20, 3];
  expect(median(values)).toBe(20);
  expect(values).toEqual([100, 20, 3]);
});

test('nothing has no median', () => {
  expect(() => median([])).toThrow();
  expect(() => mean([])).toThrow();
});

test('the ratio is the median of the pairs’ ratios, not the ratio of the medians', () => {
  const compared = comparePairs([2, 6, 30, 4, 12], [1, 2, 20, 4, 3]);
  expect(compared).toEqual({ ours: 6, peer: 3, ratio: 2, spread: 0.75 });
});

test('sides that were not measured equally often cannot be paired', () => {
  expect(() => comparePairs([1, 2], [1])).toThrow(/paired/);
});

test('the fastest has the least median, whatever its best moment was', () => {
  const measured = new Map([
    ['lucky once', [1, 9, 9]],
    ['steady', [4, 4, 4]],
    ['slow', [5, 8, 7]],
  ]);
  expect(fastest(measured)).toBe('steady');
  expect(() => fastest(new Map())).toThrow();
});
