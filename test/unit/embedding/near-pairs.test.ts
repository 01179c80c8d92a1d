import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomNormal, randomUniform } from '../../../src-main/base/random.ts';
import { nearDuplicates } from '../../../src-main/embedding/near-duplicates.ts';
import { clusterSearch, gridSearch, type PairSearch } from '../../../src-main/embedding/near-pairs.ts';
import { principalAxes, startScran } from '../../../src-main/embedding/principal.ts';
import { type Rows, unitAround } from '../../../src-main/embedding/vectors.ts';

/** Unit vectors around some directions: near some, far from others. */
function scenes(seed: number, count: number, channels: number, directions: number, spread: number): Rows {
  const values = Float32Array.from({ length: count * channels }, (_, n) => {
    const [i, c] = [Math.floor(n / channels), n % channels];
    const scene = Math.floor(directions * randomUniform(seed, 'scene', i));
    const own = spread * randomUniform(seed, 'spread', i) ** 2;
    return randomNormal(seed, 'direction', scene, c) + own * randomNormal(seed, 'noise', i, c);
  });
  return unitAround({ count, channels, values }, new Float64Array(channels));
}

/** All pairs of rows within a distance, as `i j`. */
function slowPairs({ count, channels, values }: Rows, distance: number): Set<string> {
  const found = new Set<string>();
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      let square = 0;
      for (let c = 0; c < channels; c++) square += (values[i * channels + c] - values[j * channels + c]) ** 2;
      if (square <= distance ** 2) found.add(`${i} ${j}`);
    }
  }
  return found;
}

function named({ order, each }: PairSearch): string[] {
  const found: string[] = [];
  each((i, j) => found.push([order[i], order[j]].sort((a, b) => a - b).join(' ')));
  return found;
}

beforeAll(startScran);

describe.each([
  ['the grid', (rows: Rows, distance: number) => gridSearch(rows, principalAxes(rows, 5), distance)],
  ['the clusters', (rows: Rows, distance: number) => clusterSearch(rows, distance, Infinity)!],
] as const)('%s', (_, search) => {
  test('names every pair within the distance, each once, and no more than it says', () => {
    const some = fc.record({
      seed: fc.nat(1e6),
      count: fc.integer({ min: 2, max: 120 }),
      channels: fc.constantFrom(3, 6, 20),
      directions: fc.integer({ min: 1, max: 12 }),
      spread: fc.constantFrom(0.05, 0.4, 1.5),
    });
    fc.assert(
      fc.property(
        some,
        fc.constantFrom(0.1, 0.2, 0.45, 0.9),
        ({ seed, count, channels, directions, spread }, distance) => {
          const rows = scenes(seed, count, channels, directions, spread);
          const found = search(rows, distance);
          const pairs = named(found);
          expect(new Set(pairs).size).toBe(pairs.length);
          expect(pairs.length).toBeLessThanOrEqual(found.candidates);
          expect([...slowPairs(rows, distance)].filter((pair) => !pairs.includes(pair))).toEqual([]);
          expect([...found.order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('clusters leave few pairs of scenes that differ in many ways, where the grid leaves many', () => {
  const rows = scenes(5, 2000, 64, 50, 0.4);
  const all = (2000 * 1999) / 2;
  expect(gridSearch(rows, principalAxes(rows, 24), 0.2).candidates).toBeGreaterThan(all / 10);
  expect(clusterSearch(rows, 0.2, all)!.candidates).toBeLessThan(all / 30);
  expect(clusterSearch(rows, 0.2, 1000)).toBeNull();
});

test('rows that are like no other are too many clusters', () => {
  expect(clusterSearch(scenes(7, 5000, 64, 1e9, 0), 0.2, Infinity)).toBeNull();
});

test('rows that differ in their first channels alone are no more clusters for that', () => {
  const [count, channels] = [5000, 512];
  const values = Float32Array.from({ length: count * channels }, (_, n) => {
    const c = n % channels;
    if (c === 20) return 1;
    return c < 8 ? 0.12 * randomNormal(4, 'noise', Math.floor(n / channels), c) : 0;
  });
  const rows = unitAround({ count, channels, values }, new Float64Array(channels));
  expect(clusterSearch(rows, 0.2, Infinity)).not.toBeNull();
});

test('near-duplicates are exact by either search', () => {
  const rows = scenes(9, 600, 32, 40, 0.4);
  const all = (600 * 599) / 2;
  const [byGrid, byClusters] = [all, all - 1].map((most) => nearDuplicates(rows, 0.98, [], most));
  expect(byGrid.exact && byClusters.exact).toBe(true);
  expect(byGrid.groups.length).toBeGreaterThan(10);
  expect(byClusters).toEqual(byGrid);
});
