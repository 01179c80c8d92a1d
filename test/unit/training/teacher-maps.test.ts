import { expect, test } from 'vitest';
import { randomUniform } from '../../../src-main/base/random.ts';
import {
  type CacheFormat,
  compactMap,
  croppedSize,
  cutMap,
  decodeMaps,
  encodeMaps,
} from '../../../src-main/training/teacher-maps.ts';

const SHAPES = [
  { height: 6, width: 8, channels: 3, stride: 8 },
  { height: 1, width: 1, channels: 1, stride: 2 },
  { height: 5, width: 3, channels: 12, stride: 4 },
];

/** Values of very different sizes from channel to channel. */
function noise(shape: (typeof SHAPES)[number], seed: number): Float32Array {
  const { height, width, channels } = shape;
  return Float32Array.from(
    { length: height * width * channels },
    (_, i) => 10 ** (((i % channels) % 6) - 3) * (randomUniform(seed, 'map', i) - 0.3),
  );
}

test.each([
  ['float16', (value: number) => Math.max(2 ** -11 * Math.abs(value), 2 ** -25)],
  ['uint8', (_: number, range: number) => range / 510 + 1e-6 * range],
] as [CacheFormat, (value: number, range: number) => number][])(
  '%s comes back from its file within its bound',
  (format, bound) => {
    for (const [seed, shape] of SHAPES.flatMap((one) => [1, 2, 3, 4, 5].map((s) => [s, one] as const))) {
      const values = noise(shape, seed);
      const [map] = decodeMaps(encodeMaps([compactMap(values, shape, format)]))!;
      for (const [i, value] of values.entries()) {
        const c = i % shape.channels;
        const own = values.filter((_, j) => j % shape.channels === c);
        const range = Math.max(...own) - Math.min(...own);
        const stored = map.values[i];
        const back = map.scale ? map.scale.low[c] + map.scale.step[c] * stored : stored;
        expect(Math.abs(back - value)).toBeLessThanOrEqual(bound(value, range));
      }
    }
  },
);

test('float16 keeps what is too large for it as its largest, and a flat channel stays flat in uint8', () => {
  const shape = { height: 1, width: 2, channels: 1, stride: 8 };
  expect([...compactMap(Float32Array.of(1e9, -1e9), shape, 'float16').values]).toEqual([65504, -65504]);
  const { values, scale } = compactMap(Float32Array.of(7, 7), shape, 'uint8');
  expect(scale!.low[0] + scale!.step[0] * values[1]).toBe(7);
});

test('every damage to a file of maps is seen', () => {
  const file = encodeMaps(SHAPES.map((shape, i) => compactMap(noise(shape, i), shape, i === 1 ? 'uint8' : 'float16')));
  expect(decodeMaps(file)?.map(({ channels }) => channels)).toEqual([3, 1, 12]);
  for (let length = 0; length < file.length; length += 7) expect(decodeMaps(file.subarray(0, length))).toBeNull();
  for (let at = 0; at < file.length; at += 5) {
    const bad = file.slice();
    bad[at] ^= 16;
    expect(decodeMaps(bad)).toBeNull();
  }
});

/** The value at a point of the image, in pixels: written anew from the definition, one cell at a time. */
function valueAt(values: Float32Array, shape: (typeof SHAPES)[number], c: number, y: number, x: number): number {
  const along = (position: number, count: number) => {
    const cell = Math.min(Math.max(position / shape.stride - 0.5, 0), count - 1);
    return Array.from({ length: count }, (_, i) => Math.max(0, 1 - Math.abs(cell - i)));
  };
  const rows = along(y, shape.height);
  const columns = along(x, shape.width);
  return rows.reduce(
    (sum, r, i) =>
      sum + columns.reduce((row, w, j) => row + r * w * values[(i * shape.width + j) * shape.channels + c], 0),
    0,
  );
}

test.each([
  ['whole', { scale: 1, flip: false, top: 0, left: 0 }, [48, 64]],
  ['cut', { scale: 1, flip: false, top: 0.4, left: 0.7 }, [16, 24]],
  ['flipped', { scale: 1, flip: true, top: 0.4, left: 0.7 }, [16, 24]],
  ['larger', { scale: 1.37, flip: false, top: 0.9, left: 0.1 }, [32, 32]],
  ['smaller and flipped', { scale: 0.6, flip: true, top: 0.2, left: 0.5 }, [24, 16]],
  ['beyond the border', { scale: 0.7, flip: true, top: 0.5, left: 0.5 }, [64, 80]],
] as const)('a crop of the maps is the same resampling of the image’s: %s', (_, plan, crop) => {
  const shape = SHAPES[0];
  const size = [48, 64] as const;
  const values = noise(shape, 9);
  const [height, width] = croppedSize(shape, crop);
  const out = new Float32Array(height * width * shape.channels);
  cutMap({ ...shape, values: values as unknown as Uint8Array, scale: null }, size, plan, crop, out);
  const origin = [0, 1].map((axis) => {
    const room = Math.round(size[axis] * plan.scale) - crop[axis];
    const place = axis === 0 ? plan.top : plan.left;
    return room < 0 ? -Math.floor(place * (1 - room)) : Math.floor(place * (room + 1));
  });
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The cell's centre in the crop, in the scaled image, in the image.
      const across = (x + 0.5) * shape.stride;
      const down = (origin[0] + (y + 0.5) * shape.stride) / (Math.round(size[0] * plan.scale) / size[0]);
      const right =
        (origin[1] + (plan.flip ? crop[1] - across : across)) / (Math.round(size[1] * plan.scale) / size[1]);
      for (let c = 0; c < shape.channels; c++, at++) {
        const expected = valueAt(values, shape, c, down, right);
        expect(Math.abs(out[at] - expected)).toBeLessThanOrEqual(1e-5 * 10 ** (c - 3) + 1e-9);
      }
    }
  }
  if (_ === 'whole') expect(out).toEqual(values);
});
