import { expect, test } from 'vitest';
import { randomBits, randomNormal, randomOrder, randomUniform } from '../../../src-main/base/random.ts';

test('the same arguments give the same number for good', () => {
  // Written down once: a change of the generator would silently change every run and the sample.
  expect([
    randomBits(0, 'shuffle'),
    randomBits(1, 'shuffle', 2, 3),
    randomBits(2 ** 40 + 1, 'flip', 7),
  ]).toMatchInlineSnapshot(`
    [
      2276434834,
      282448138,
      547728648,
    ]
  `);
});

test('seed, purpose and each counter matter', () => {
  const draws = [
    randomBits(1, 'a', 0),
    randomBits(2, 'a', 0),
    randomBits(1 + 2 ** 32, 'a', 0),
    randomBits(1, 'b', 0),
    randomBits(1, 'a', 1),
    randomBits(1, 'a'),
    randomBits(1, 'a', 0, 0),
  ];
  expect(new Set(draws).size).toBe(draws.length);
});

test('uniform numbers fill [0, 1) evenly and neighbours do not hang together', () => {
  const n = 100_000;
  const bins = new Array(20).fill(0);
  let product = 0;
  let last = 0.5;
  for (let i = 0; i < n; i++) {
    const u = randomUniform(3, 'test', i);
    bins[Math.floor(u * 20)]++;
    product += (u - 0.5) * (last - 0.5);
    last = u;
  }
  for (const bin of bins) expect(Math.abs(bin - n / 20)).toBeLessThan(5 * Math.sqrt(n / 20));
  expect(Math.abs(product / n) * 12).toBeLessThan(0.02);
});

test('normal numbers have mean 0 and variance 1', () => {
  const n = 50_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = randomNormal(5, 'test', i);
    sum += x;
    squares += x * x;
  }
  expect(sum / n).toBeCloseTo(0, 1);
  expect(squares / n).toBeCloseTo(1, 1);
});

test('an order holds every number once and differs from epoch to epoch', () => {
  const first = randomOrder(50, 1, 'shuffle', 0);
  expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(first).not.toEqual(randomOrder(50, 1, 'shuffle', 1));
  expect(first).toEqual(randomOrder(50, 1, 'shuffle', 0));
});
