import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../src-main/weights/safetensors.ts';
import { complaint, expected, floats, GOLDEN, plain, scratch } from './make.ts';

/** A file from a header and the bytes after it. */
function build(header: unknown, body: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, body]);
}

test('a file from outside is read, every type as float32', async () => {
  const file = await readSafetensors(path.join(GOLDEN, 'outside.safetensors'));
  const values = Object.fromEntries(
    [...file.tensors].map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
  );
  expect(values).toEqual({
    ...expected.safetensors,
    b: { shape: [2, 3], data: [...Float32Array.from(expected.safetensors.b.data)] },
  });
  expect(file.metadata).toEqual({ format: 'pt' });
  expect(file.tensors.get('c')!.dtype).toBe('int64');
});

test('what is written is read back, bit for bit', async () => {
  const file = scratch('round.safetensors');
  const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text !== '__metadata__');
  const tensor = fc
    .tuple(fc.nat(3), fc.nat(3))
    .chain(([h, w]) =>
      fc.float32Array({ minLength: h * w, maxLength: h * w }).map((data) => ({ shape: [h, w], data })),
    );
  const tensors = fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries));
  // A key of metadata that would reach into the prototype is dropped on reading, on purpose.
  const key = name.filter((text) => text !== '__proto__');
  await fc.assert(
    fc.asyncProperty(tensors, fc.dictionary(key, fc.string()), async (written, metadata) => {
      writeSafetensors(file, written, metadata);
      const read = await readSafetensors(file);
      expect([...read.tensors.keys()].sort()).toEqual([...written.keys()].sort());
      for (const [key, { shape, data }] of written) {
        expect(read.tensors.get(key)!.shape).toEqual(shape);
        const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
        expect(bits(read.tensors.get(key)!.data)).toEqual(bits(data));
      }
      const { dataSha256, ...texts } = read.metadata;
      expect(dataSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(texts).toEqual(Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'dataSha256')));
    }),
    { numRuns: 200 },
  );
});

test('the same tensors give the same bytes, whatever their order', () => {
  const [one, two] = [scratch('one.safetensors'), scratch('two.safetensors')];
  const a = { shape: [2], data: new Float32Array([1, 2]) };
  const b = { shape: [], data: new Float32Array([3]) };
  writeSafetensors(
    one,
    new Map([
      ['a', a],
      ['b', b],
    ]),
  );
  writeSafetensors(
    two,
    new Map([
      ['b', b],
      ['a', a],
    ]),
  );
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
});

test('a changed bit of our own files is noticed', async () => {
  const file = scratch('flipped.safetensors');
  writeSafetensors(file, new Map([['a', { shape: [3], data: new Float32Array([1, 2, 3]) }]]));
  const bytes = readFileSync(file);
  bytes[bytes.length - 2] ^= 1;
  const flipped = scratch('flipped2.safetensors', bytes);
  expect(await complaint(flipped, readSafetensors(flipped))).toMatch(/do not match their checksum/);
});

const one = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const body = floats(1, 2);
test.each([
  ['header does not fit', Buffer.alloc(0)],
  ['header does not fit', Buffer.alloc(8, 0xff)],
  ['header does not fit', build({ a: one }, body).subarray(0, 20)],
  ['header is not readable', build('{"a":')],
  ['header is not readable', build('[]')],
  ['header is not readable', build('null')],
  ['header is not readable', build('\xff')],
  ['describes a wrongly', build({ a: null }, body)],
  ['describes a wrongly', build({ a: { ...one, shape: [-2] } }, body)],
  ['describes a wrongly', build({ a: { ...one, shape: [1.5] } }, body)],
  ['describes a wrongly', build({ a: { ...one, data_offsets: [0] } }, body)],
  ['of the type F4', build({ a: { ...one, dtype: 'F4' } }, body)],
  ['of the type toString', build({ a: { ...one, dtype: 'toString' } }, body)],
  ['has not the size of its shape', build({ a: { ...one, shape: [5e9] } }, body)],
  ['does not lie where it should', build({ a: { ...one, data_offsets: [0, 2e10], shape: [5e9] } }, body)],
  ['does not lie where it should', build({ a: { ...one, data_offsets: [4, 12] } }, floats(1, 2, 3))],
  ['does not lie where it should', build({ a: one, b: one }, body)],
  ['12 bytes of numbers, 8 are described', build({ a: one }, floats(1, 2, 3))],
  ['metadata are not texts', build({ a: one, __metadata__: { x: 1 } }, body)],
])('refused: %s', async (words, bytes) => {
  const file = scratch('bad.safetensors', bytes);
  expect(await complaint(file, readSafetensors(file))).toContain(words);
});

test('names that JavaScript knows are only names', async () => {
  const header = `{"__proto__":${JSON.stringify(one)},"__metadata__":{"__proto__":"x"}}`;
  const file = await readSafetensors(scratch('proto.safetensors', build(header, body)));
  expect(plain(file.tensors)).toEqual(
    Object.fromEntries([['__proto__', { shape: [2], dtype: 'float32', data: [1, 2] }]]),
  );
  expect(Object.getPrototypeOf(file.metadata)).toBe(Object.prototype);
});
