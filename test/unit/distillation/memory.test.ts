/** What methods remember from step to step. */
import { beforeAll, expect, test } from 'vitest';
import { initialValues, type LossInputs, type LossShapes, parseParams } from '../../../src-main/distillation/method.ts';
import { cirkdMemory } from '../../../src-main/distillation/methods/cirkd-memory.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Rank, type Tensor, tf } from '../../../src-main/engine/tf.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

test('CIRKD remembers a class’s own pixels and the mean over them, the newest in place of the oldest', () => {
  tf.tidy(() => {
    const params = parseParams(cirkdMemory, { pixels: 5, regions: 2, pool: 1 });
    const shapes: LossShapes = { classes: 3, logits: null, student: [[2, 3, 2]], teacher: [[2, 3, 4]], images: 2 };
    const arrays = cirkdMemory.own!(shapes, params);
    const own = new Map<string, Tensor>(
      arrays.map((array) => [array.name, tf.tensor(initialValues(array, 'cirkd.memory', 0), [...array.shape])]),
    );
    const teacher = tf.randomUniform<Rank.R4>([2, 2, 3, 4], -1, 1, 'float32', 3);
    // The first image: four pixels of class 0, one of class 2; the second: six of class 2.
    const labels = [0, 0, 0, 0, 2, 255, 2, 2, 2, 2, 2, 2];
    const inputs: LossInputs = {
      student: { taps: [tf.zeros([2, 2, 3, 2])] },
      teacher: { taps: [teacher] },
      labels: tf.tensor3d(labels, [2, 2, 3], 'int32'),
      own,
      random: (...counters) => (counters.reduce((sum, n) => sum + 7 * n, 3) % 10) / 10,
    };
    const next = cirkdMemory.next!(inputs, params);
    const rows = teacher.reshape([12, 4]).arraySync() as number[][];
    const unit = (v: number[]) => v.map((x) => x / Math.hypot(...v));
    const near = (v: number[]) => v.map((x) => expect.closeTo(x, 5));
    const of = (label: number, from: number, to: number) =>
      rows.slice(from, to).flatMap((v, i) => (labels[from + i] === label ? [unit(v)] : []));
    const mean = (vectors: number[][]) =>
      unit(vectors[0].map((_, c) => vectors.reduce((sum, v) => sum + v[c] / vectors.length, 0)));

    const regions = next.regions.arraySync() as number[][][];
    const before = own.get('regions')!.arraySync() as number[][][];
    expect(regions[0]).toEqual([near(mean(of(0, 0, 6))), before[0][1]]);
    expect(regions[1]).toEqual(before[1]);
    expect(regions[2]).toEqual([near(mean(of(2, 0, 6))), near(mean(of(2, 6, 12)))]);
    expect(next['regions.next'].arraySync()).toEqual([1, 0, 0]);

    const pixels = next.pixels.arraySync() as number[][][];
    const sorted = (vectors: number[][]) => [...vectors].sort((a, b) => a[0] - b[0]);
    const kept = own.get('pixels')!.arraySync() as number[][][];
    expect(sorted(pixels[0].slice(0, 4))).toEqual(sorted(of(0, 0, 6)).map(near));
    expect(pixels[0][4]).toEqual(kept[0][4]);
    expect(pixels[1]).toEqual(kept[1]);
    // Seven pixels in five places: the last two stand where the first two did.
    const known = of(2, 0, 12);
    for (const vector of pixels[2]) expect(known).toContainEqual(near(vector));
    expect(new Set(pixels[2].map(String)).size).toBe(5);
    expect(next['pixels.next'].arraySync()).toEqual([4, 0, 2]);
  });
});
