import path from 'node:path';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { readNpz } from '../../../src-main/weights/npz.ts';
import { complaint, expected, floats, GOLDEN, scratch } from './make.ts';

/** An .npy from its header and numbers. */
function npy(header: string, body: Uint8Array = new Uint8Array()): Uint8Array {
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), body]);
}

test.each(['arrays.npz', 'compressed.npz'])('%s is read as NumPy wrote it', async (name) => {
  const arrays = await readNpz(path.join(GOLDEN, name));
  expect([...arrays.keys()]).toEqual(Object.keys(expected.arrays));
  for (const [key, { shape, data }] of Object.entries(expected.arrays)) {
    const integers = ['labels', 'int64', 'bool'].includes(key);
    const array = arrays.get(key)!;
    expect(array.shape, key).toEqual(shape);
    expect(array.data, key).toEqual(integers ? Int32Array.from(data) : Float32Array.from(data));
  }
});

test('an .npy is its one array', async () => {
  const arrays = await readNpz(path.join(GOLDEN, 'one.npy'));
  expect([...arrays.keys()]).toEqual(['one']);
  expect(arrays.get('one')!.shape).toEqual([2, 3]);
});

const fine = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
test.each([
  ['is not an array', Buffer.from('hello there, no array')],
  ['is not an array', Buffer.alloc(0)],
  ['has no readable header', npy('{}')],
  ['has no readable header', npy("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os')}")],
  ['holds |O, not plain numbers', npy(fine.replace('<f4', '|O'), floats(1, 2))],
  ['holds >f4, not plain numbers', npy(fine.replace('<f4', '>f4'), floats(1, 2))],
  ['holds a structure, not plain numbers', npy(fine.replace("'<f4'", "[('a', '<f4')]"), floats(1, 2))],
  ['has 8 bytes', npy(fine.replace('2,', '5000000000,'), floats(1, 2))],
  ['has 8 bytes', npy(fine.replace('2,', '99999999999999999999999999,0'), floats(1, 2))],
  ['holds integers beyond 32 bits', npy(fine.replace('<f4', '<i8').replace('2,', '1,'), floats(1, 2))],
])('refused: %s', async (words, bytes) => {
  const single = scratch('bad.npy', bytes);
  expect(await complaint(single, readNpz(single))).toContain(words);
  const archive = scratch('bad.npz', zipSync({ 'a.npy': bytes }));
  expect(await complaint(archive, readNpz(archive))).toContain(words);
});

test('what is not an archive is said', async () => {
  const file = scratch('not.npz', Buffer.from('not a zip archive at all'));
  expect(await complaint(file, readNpz(file))).toMatch(/not a whole zip archive/);
});
