/** Arrays out of MATLAB files, as SciPy writes and reads these; and whatever else may come. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matlabArray } from '../../../src-main/datasets/matlab.ts';
import { openDocument, readDocument } from '../../../src-main/datasets/read-document.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderOf } from './files.ts';
import { SMALL } from './small.ts';

interface Golden {
  file: string;
  variable: string;
  width: number;
  height: number;
  values: number[];
}
/** Made by test/oracles/matlab.py. */
const GOLDEN: Record<string, Golden> = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'golden/matlab.json'), 'utf8'),
);
const bytesOf = ({ file }: Golden) => Buffer.from(file, 'base64');
const read = (bytes: Uint8Array, variable = 'GTcls', most = 1000) => matlabArray(bytes, variable, 'Segmentation', most);

test.each(Object.entries(GOLDEN))('%s: as SciPy reads it', (_, golden) => {
  const { width, height, data } = read(bytesOf(golden), golden.variable, 1e6);
  expect([width, height, Array.from(data)]).toEqual([golden.width, golden.height, golden.values]);
});

const PACKED = bytesOf(GOLDEN['classes, packed']);
const PLAIN = bytesOf(GOLDEN['classes, plain']);

/** What it says of bytes, which is nothing long. */
function refusal(bytes: Uint8Array, variable?: string, most?: number): string {
  try {
    read(bytes, variable, most);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }
}

test('what is none, or lacks the array, is refused in words', () => {
  const changed = (at: number, ...bytes: number[]) =>
    Buffer.concat([PLAIN.subarray(0, at), Buffer.from(bytes), PLAIN.subarray(at + bytes.length)]);
  expect(refusal(Buffer.alloc(0))).toBe('it ends within its header');
  expect(refusal(Buffer.alloc(400))).toBe('it is no MATLAB file of version 5 to 7');
  expect(refusal(Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file, Platform'), Buffer.alloc(400)]))).toMatch(
    /version 7\.3/,
  );
  expect(refusal(PLAIN, 'GTinst')).toBe('it has no variable GTinst');
  expect(refusal(PLAIN, 'GTcls', 76)).toBe('its GTcls.Segmentation is of 11×7');
  expect(() => matlabArray(PLAIN, 'GTcls', 'Nothing', 1000)).toThrow('its GTcls has no Nothing');
  expect(() => matlabArray(PLAIN, 'GTcls', 'Boundaries', 1000)).toThrow('its GTcls.Boundaries is no table of numbers');
  // The marks of the order of bytes turned round: lengths are then enormous.
  expect(refusal(changed(126, 0x4d, 0x49))).toMatch(/truncated or damaged/);
});

test('a file cut off anywhere is refused', () => {
  for (const whole of [PACKED, PLAIN]) {
    for (let end = 0; end < whole.length - 8; end++) {
      const said = refusal(whole.subarray(0, end));
      if (said === '') expect(end).toBeGreaterThan(whole.length / 2);
      else expect(said).toMatch(/^its? .{8,60}$/);
    }
  }
});

test('a variable that unpacks to more than there is room for is refused, and so is a size without numbers', () => {
  const element = (data: Uint8Array) => {
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(data.length, 4);
    return Buffer.concat([tag, data]);
  };
  const file = (...elements: Buffer[]) => Buffer.concat([PACKED.subarray(0, 128), ...elements]);
  const bomb = (bytes: number) => element(deflateSync(Buffer.alloc(bytes)));
  expect(refusal(file(bomb(65_000_000)))).toBe('it unpacks to more than 64 MB');
  expect(refusal(file(...new Array<Buffer>(500).fill(bomb(1_000_000))))).toBe('it unpacks to more than 64 MB');
  expect(refusal(file(element(Buffer.from('no zlib'))))).toBe('its data are damaged');
  const size = Buffer.alloc(8);
  size.writeInt32LE(7, 0);
  size.writeInt32LE(11, 4);
  // The last is that of the segmentation.
  const at = PLAIN.lastIndexOf(size);
  const huge = Buffer.from(PLAIN);
  huge.writeInt32LE(60_000, at);
  huge.writeInt32LE(60_000, at + 4);
  expect(refusal(huge, 'GTcls', 1e8)).toBe('its GTcls.Segmentation is of 60000×60000');
  huge.writeInt32LE(600, at);
  huge.writeInt32LE(600, at + 4);
  expect(refusal(huge, 'GTcls', 1e8)).toBe('it is truncated or damaged');
});

test('changed anywhere, it is read or refused', () => {
  const change = fc.array(fc.tuple(fc.nat(PLAIN.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(PACKED, PLAIN), change, (whole, changes) => {
      const other = Buffer.from(whole);
      for (const [at, by] of changes) other[at % whole.length] = by;
      const said = refusal(other);
      if (said !== '') expect(said).toMatch(/^its? .{8,}$/);
    }),
    { numRuns: 2000 },
  );
});

test('SBD’s objects are told apart by inst', () => {
  const { files } = SMALL.find(({ layout }) => layout === 'sbd')!;
  for (const base of ['', 'dataset/', 'benchmark_RELEASE/dataset/']) {
    const root = folderOf(Object.fromEntries(Object.entries(files).map(([file, data]) => [base + file, data])));
    const { layout, items, table, problems } = openDataset(root);
    expect([layout, items.length, problems]).toEqual(['sbd', 2, []]);
    const document = readDocument(openDocument(root, items[0].labels!), table, { width: 64, height: 48 });
    expect(Array.from(document.shapes.values(), (shape) => shape.class)).toEqual([1, 2]);
    expect([document.instances[31], document.instances[32]]).toEqual([1, 2]);
  }
});
