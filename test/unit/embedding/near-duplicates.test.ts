import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomNormal } from '../../../src-main/base/random.ts';
import { nearDuplicates } from '../../../src-main/embedding/near-duplicates.ts';
import { principalAxes, startScran } from '../../../src-main/embedding/principal.ts';
import { meanOf, type Rows, unitAround } from '../../../src-main/embedding/vectors.ts';

interface Golden {
  rows: number[][];
  cases: { threshold: number; groups: Record<string, number>[] }[];
}
const golden: Golden = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'golden', 'embedding.json'), 'utf8'),
).duplicates;

function rowsOf(vectors: readonly (readonly number[])[]): Rows {
  return { count: vectors.length, channels: vectors[0]?.length ?? 0, values: Float32Array.from(vectors.flat()) };
}

const centred = (rows: Rows) => unitAround(rows, meanOf(rows));

/** Groups by comparing all with all: members in order of their numbers. */
function slowGroups({ count, channels, values }: Rows, threshold: number): number[][] {
  const group = Array.from({ length: count }, (_, i) => i);
  const alone = new Set(group);
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      let cosine = 0;
      for (let c = 0; c < channels; c++) cosine += values[i * channels + c] * values[j * channels + c];
      if (cosine < threshold) continue;
      alone.delete(i);
      alone.delete(j);
      const [from, to] = [group[j], group[i]];
      group.forEach((one, k) => {
        if (one === from) group[k] = to;
      });
    }
  }
  const groups = new Map<number, number[]>();
  group.forEach((one, i) => {
    if (!alone.has(i)) groups.set(one, [...(groups.get(one) ?? []), i]);
  });
  return [...groups.values()];
}

const asSets = (groups: readonly (readonly number[])[]) =>
  groups.map((members) => [...members].sort((a, b) => a - b).join(' ')).sort();

beforeAll(startScran);

describe('the groups of scikit-learn and SciPy', () => {
  test.each(golden.cases)('from a similarity of $threshold on', ({ threshold, groups }) => {
    const rows = centred(rowsOf(golden.rows));
    const { groups: found, exact } = nearDuplicates(rows, threshold, principalAxes(rows, 5));
    expect(exact).toBe(true);
    expect(asSets(found.map(({ members }) => members))).toEqual(
      asSets(groups.map((group) => Object.keys(group).map(Number))),
    );
    const expected = new Map(groups.flatMap((group) => Object.entries(group)));
    for (const { members, similarities } of found) {
      for (const [i, row] of members.entries()) {
        expect(similarities[i]).toBeCloseTo(expected.get(String(row))!, 4);
      }
      expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
    }
  });
});

test('axes change nothing but the time: the groups are those of comparing all with all', () => {
  const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 6, maxLength: 6 });
  const some = fc.array(vector, { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(some, fc.constantFrom(0.8, 0.93, 0.985), fc.integer({ min: 0, max: 6 }), (vectors, threshold, axes) => {
      // Away from the threshold by noise: on it, the last bit would decide.
      const noisy = vectors.map((one, i) => one.map((value, c) => value + 0.07 * randomNormal(3, 'noise', i, c)));
      const rows = unitAround(rowsOf(noisy), new Float64Array(6));
      const { groups: found } = nearDuplicates(rows, threshold, principalAxes(rows, 6).slice(0, axes));
      expect(asSets(found.map(({ members }) => members))).toEqual(asSets(slowGroups(rows, threshold)));
    }),
    { numRuns: 300 },
  );
});

test('images that are all the same are one group, however many', () => {
  const rows = centred(rowsOf(Array.from({ length: 7000 }, () => [0.6, 0, 0.8])));
  const [group, ...others] = nearDuplicates(rows, 0.99, []).groups;
  expect(others).toEqual([]);
  expect(group.members).toHaveLength(7000);
  expect(new Set(group.similarities)).toEqual(new Set([1]));
});

test('a similarity that nearly all pairs reach is refused with what to do', () => {
  const noisy = Array.from({ length: 7000 }, (_, i) => [
    1,
    0.05 * randomNormal(1, 'a', i),
    0.05 * randomNormal(1, 'b', i),
  ]);
  expect(() => nearDuplicates(unitAround(rowsOf(noisy), new Float64Array(3)), 0.9, [])).toThrow(/too many images/i);
});

test('where too many pairs are left, an index finds the pairs: of copies none is missed, and it is said', () => {
  const originals = Array.from({ length: 600 }, (_, i) =>
    Array.from({ length: 24 }, (_, c) => randomNormal(2, 'o', i, c)),
  );
  const copies = originals
    .slice(0, 200)
    .map((one, i) => one.map((value, c) => value + 0.02 * randomNormal(3, 'c', i, c)));
  const rows = unitAround(rowsOf([...originals, ...copies]), new Float64Array(24));
  const axes = principalAxes(rows, 12);
  const found = nearDuplicates(rows, 0.99, axes, 100);
  expect(found.exact).toBe(false);
  expect(asSets(found.groups.map(({ members }) => members))).toEqual(asSets(slowGroups(rows, 0.99)));
  expect(found.groups).toHaveLength(200);
});

test('nothing comes of nothing', () => {
  expect(nearDuplicates(rowsOf([]), 0.9, []).groups).toEqual([]);
  expect(nearDuplicates(rowsOf([[1, 0]]), 0.9, []).groups).toEqual([]);
});
