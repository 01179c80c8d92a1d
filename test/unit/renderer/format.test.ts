import { expect, test } from 'vitest';
import { count, difference, duration, figure, percent, rate, whole } from '../../../src-renderer/shared/format.ts';
import { formatRoute, parseRoute } from '../../../src-renderer/state/route.ts';

test('figures have the digits they deserve', () => {
  expect(percent(0.84123)).toBe('84.1');
  expect(percent(null)).toBe('–');
  expect([0.83124, 12.5, 1234.5, 0.000412, 0, Number.NaN].map(figure)).toEqual([
    '0.8312',
    '12.5',
    '1235',
    '4.12e-4',
    '0',
    'NaN',
  ]);
  expect([364_000, 4_210_000_000, 17].map(count)).toEqual(['364 k', '4.21 G', '17']);
  expect(whole(1234567)).toBe('1\u202f234\u202f567');
  expect([40, 370, 7500, null].map(duration)).toEqual(['40 s', '6 min', '2 h 05 min', '–']);
  expect([0.5, 12.44, 312].map(rate)).toEqual(['0.50', '12.4', '312']);
});

test('a difference is signed', () => {
  expect([0.0142, -0.003, 0.0001, null].map(difference)).toEqual(['+1.4', '−0.3', '±0.0', '–']);
});

test('an address says what is shown, and comes back to it', () => {
  const route = { view: 'compare' as const, item: 12, models: [1, null, 4], run: null };
  expect(formatRoute(route)).toBe('#/compare?item=12&models=1,-,4');
  expect(parseRoute(formatRoute(route))).toEqual(route);
  expect(parseRoute('#/nowhere?item=x')).toEqual({ view: 'browse', item: null, models: [], run: null });
});
