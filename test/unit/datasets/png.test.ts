import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decode as referenceDecode, encode as referenceEncode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { encodePng, pngHeader, pngValues } from '../../../src-main/datasets/png.ts';
import { pngOf } from './files.ts';

const decode = (bytes: Uint8Array) => pngValues(bytes, pngHeader(bytes));

const labelMap = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([width, height]) =>
  fc
    .oneof(
      fc.uint8Array({ minLength: width * height, maxLength: width * height }),
      fc.constantFrom(0, 7, 255).map((value) => new Uint8Array(width * height).fill(value)),
    )
    .map((data) => ({ width, height, data })),
);

test('label maps survive writing and reading, ours and the reference reader', () => {
  fc.assert(
    fc.property(labelMap, ({ width, height, data }) => {
      const bytes = encodePng(width, height, 1, data);
      expect(pngHeader(bytes)).toMatchObject({ width, height, depth: 8, colour: 'grey', interlaced: false });
      expect(decode(bytes)).toEqual(data);
      expect(new Uint8Array(referenceDecode(bytes).data)).toEqual(data);
    }),
    { numRuns: 300 },
  );
});

test('RGB images are read back by the reference reader', () => {
  fc.assert(
    fc.property(labelMap, ({ width, height, data }) => {
      const rgb = Uint8Array.from(
        { length: width * height * 3 },
        (_, i) => (data[i % data.length] * (1 + (i % 3))) & 255,
      );
      expect(new Uint8Array(referenceDecode(encodePng(width, height, 3, rgb)).data)).toEqual(rgb);
    }),
    { numRuns: 100 },
  );
});

test.each([1, 2, 4, 8, 16] as const)('grey of %i bits gives the stored values, interlaced or not', (depth) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 19 }),
      fc.boolean(),
      fc.integer(),
      (width, height, interlaced, seed) => {
        const top = 2 ** depth;
        const values = Array.from({ length: width * height }, (_, i) => Math.abs((seed + i * 2654435761) % top));
        const bytes = pngOf({ width, height, depth, colour: 0, values, interlaced });
        expect([...decode(bytes)]).toEqual(values);
      },
    ),
    { numRuns: 60 },
  );
});

test('a palette gives its indices, not its colours', () => {
  const values = [0, 1, 2, 3, 3, 2, 1, 0];
  for (const depth of [2, 4, 8] as const) {
    const bytes = pngOf({ width: 4, height: 2, depth, colour: 3, values, interlaced: false });
    expect([...decode(bytes)]).toEqual(values);
  }
});

test('the reference writer and every row filter are read', () => {
  const width = 23;
  const height = 17;
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i * i + 3 * i) & 255);
  expect(decode(referenceEncode({ width, height, channels: 1, depth: 8, data }))).toEqual(data);
  for (const filter of [0, 1, 2, 3, 4]) {
    const bytes = pngOf({ width, height, depth: 8, colour: 0, values: [...data], interlaced: false, filter });
    expect(decode(bytes), `filter ${filter}`).toEqual(data);
    expect(new Uint8Array(referenceDecode(bytes).data)).toEqual(data);
  }
});

describe('what is wrong is said', () => {
  const good = encodePng(8, 8, 1, new Uint8Array(64).fill(3));
  const rebuilt = (raw: Uint8Array) => pngOf({ width: 8, height: 8, depth: 8, colour: 0, data: deflateSync(raw) });
  test.each([
    ['another type', Uint8Array.from([1, 2, 3]), 'it is not a PNG'],
    ['cut in the header', good.subarray(0, 20), 'it ends within its header'],
    ['cut in the data', good.subarray(0, good.length - 14), 'it is truncated'],
    ['a bit turned', good.map((byte, i) => (i === 45 ? byte ^ 4 : byte)), 'its data are damaged'],
    ['too little data', rebuilt(new Uint8Array(9)), 'it holds less data than its size says'],
    ['far too much data', rebuilt(new Uint8Array(50_000_000)), 'it holds more data than its size says'],
    ['an unknown filter', rebuilt(new Uint8Array(72).fill(9)), 'its data are damaged'],
  ])('%s', (_, bytes, words) => {
    expect(() => decode(bytes)).toThrow(words);
  });
});
