import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomNormal } from '../../../src-main/base/random.ts';
import { type ClassRows, labelOutliers } from '../../../src-main/embedding/label-outliers.ts';

interface Golden {
  classes: number[][][];
  found: { class: number; row: number; score: number; nearest: number; nearer: boolean; times: number }[];
}
const golden: Golden = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'golden', 'embedding.json'), 'utf8'),
).outliers;
const NAMES = ['Sky', 'Road', 'Tree', 'Pole'];

function rowsOf(vectors: number[][]): ClassRows {
  return {
    count: vectors.length,
    channels: vectors[0].length,
    values: Float32Array.from(vectors.flat()),
    items: vectors.map((_, row) => row),
    keys: vectors.map((_, row) => `image ${row}`),
    pixels: vectors.map((_, row) => 10 * row),
  };
}

const ofGolden = (order: number[]) => labelOutliers(order, NAMES, (c) => rowsOf(golden.classes[c]));

test('finds what NumPy and scikit-learn find, with their scores', () => {
  const found = ofGolden([0, 1, 2, 3]);
  expect(found.map(({ class: c, item }) => [c, item])).toEqual(golden.found.map(({ class: c, row }) => [c, row]));
  golden.found.forEach(({ row, score, times, nearest, nearer }, i) => {
    expect(found[i]).toMatchObject({ key: `image ${row}`, pixels: 10 * row, nearest, nearer });
    expect(found[i].score).toBeCloseTo(score, 2);
    expect(found[i].times).toBeCloseTo(times, 2);
  });
});

test('a label of the wrong class is told by the class that it looks like', () => {
  const reasons = ofGolden([0, 1, 2, 3])
    .filter(({ item }) => item === 3)
    .map(({ reason }) => reason);
  expect(reasons).toContainEqual(expect.stringMatching(/^Looks more like “Road” than like “Sky”: \d+ times as far/));
  expect(reasons.every((reason) => /^Looks more like “\w+” than like “\w+”/.test(reason))).toBe(true);
});

test('the order of the classes changes nothing', () => {
  expect(ofGolden([2, 0, 1])).toEqual(ofGolden([0, 1, 2]));
});

test('a class in few images, or that looks the same everywhere, has no outliers', () => {
  expect(labelOutliers([3], NAMES, (c) => rowsOf(golden.classes[c]))).toEqual([]);
  const same = rowsOf(Array.from({ length: 20 }, () => [0, 1, 0]));
  expect(labelOutliers([0], NAMES, () => same)).toEqual([]);
  expect(labelOutliers([], NAMES, () => same)).toEqual([]);
});

test('the only class is held against itself', () => {
  const vectors = Array.from({ length: 40 }, (_, i) => [
    1,
    0.1 * randomNormal(1, 'x', i),
    0.1 * randomNormal(1, 'y', i),
  ]);
  vectors[5] = [0, 1, 0];
  const [first, ...others] = labelOutliers([1], NAMES, () => rowsOf(vectors));
  expect(others.every(({ score }) => score < first.score)).toBe(true);
  expect(first).toMatchObject({ item: 5, class: 1, nearest: null, nearer: false });
  expect(first.reason).toMatch(
    /^Looks unlike “Road” elsewhere: \d+ times as far from the usual “Road” as is common\.$/,
  );
});
