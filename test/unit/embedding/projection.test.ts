import { beforeAll, describe, expect, test } from 'vitest';
import { randomNormal } from '../../../src-main/base/random.ts';
import { principalAxes, startScran } from '../../../src-main/embedding/principal.ts';
import { project, type Step } from '../../../src-main/embedding/projection.ts';
import type { Rows } from '../../../src-main/embedding/vectors.ts';

const CHANNELS = 20;

/** Points around `clusters` centres, one of each in turn. */
function clustered(count: number, clusters: number): Rows {
  const values = Float32Array.from({ length: count * CHANNELS }, (_, n) => {
    const [row, c] = [Math.floor(n / CHANNELS), n % CHANNELS];
    return 2 * randomNormal(1, 'centre', row % clusters, c) + 0.3 * randomNormal(2, 'noise', row, c);
  });
  return { count, channels: CHANNELS, values };
}

function last(rows: Rows, method: 'umap' | 'tsne'): Step {
  const steps = [...project(rows, method)];
  expect(steps.slice(0, -1).every((step) => step.points === undefined)).toBe(true);
  return steps.at(-1)!;
}

beforeAll(startScran);

describe.each(['umap', 'tsne'] as const)('%s', (method) => {
  test('lays what is alike together: nearest points are of the same cluster', () => {
    const clusters = 6;
    const { points, done, total } = last(clustered(300, clusters), method);
    expect(done).toBe(total);
    let right = 0;
    for (let i = 0; i < 300; i++) {
      let [best, nearest] = [Number.POSITIVE_INFINITY, -1];
      for (let j = 0; j < 300; j++) {
        const distance = (points![2 * i] - points![2 * j]) ** 2 + (points![2 * i + 1] - points![2 * j + 1]) ** 2;
        if (j !== i && distance < best) [best, nearest] = [distance, j];
      }
      if (nearest % clusters === i % clusters) right++;
    }
    expect(right).toBe(300);
  });

  test('gives the same map each time', () => {
    expect(last(clustered(100, 3), method).points).toEqual(last(clustered(100, 3), method).points);
  });

  test.each([10, 11, 16, 31])('takes as few as %i', (count) => {
    const { points } = last(clustered(count, 2), method);
    expect(points).toHaveLength(2 * count);
    expect(points!.every(Number.isFinite)).toBe(true);
  });

  test('refuses what makes no map, in words', () => {
    expect(() => last(clustered(9, 2), method)).toThrow('A map needs at least 10 images; 9 have features.');
    const same = { count: 50, channels: 3, values: new Float32Array(150).fill(0.5) };
    expect(() => last(same, method)).toThrow(/look the same/);
  });
});

test('principal axes are orthonormal, the strongest first', () => {
  const rows = clustered(200, 5);
  const axes = principalAxes(rows, 8);
  expect(axes).toHaveLength(8);
  axes.forEach((one, i) => {
    axes.forEach((two, j) => {
      expect(one.reduce((sum, value, c) => sum + value * two[c], 0)).toBeCloseTo(i === j ? 1 : 0, 10);
    });
  });
  const spread = axes.map((axis) => {
    const along = Array.from({ length: 200 }, (_, i) =>
      axis.reduce((sum, value, c) => sum + value * rows.values[i * CHANNELS + c], 0),
    );
    const mean = along.reduce((sum, value) => sum + value, 0) / 200;
    return along.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  expect(spread).toEqual([...spread].sort((a, b) => b - a));
});
