import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomBits } from '../../../src-main/base/random.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { readNpz } from '../../../src-main/weights/npz.ts';
import { readPth } from '../../../src-main/weights/pth.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/weights/safetensors.ts';
import { GOLDEN, scratch } from './make.ts';

const COUNT = 2500;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x7d];

/** The `n`th damage to a file: bytes changed, a piece cut out, doubled, or the end lost. The same one every time. */
function mutate(original: Buffer, n: number): Buffer {
  const draw = (below: number, ...index: number[]) => randomBits(7, 'mutation', n, ...index) % below;
  const bytes = Buffer.from(original);
  const from = draw(bytes.length, 0);
  const length = 1 + draw(40, 1);
  switch (draw(6, 2)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
    default:
      for (let i = 0; i <= draw(4, 3); i++) {
        const at = draw(bytes.length, 4, i);
        bytes[at] = draw(2, 5, i) ? INTERESTING[draw(INTERESTING.length, 6, i)] : draw(256, 7, i);
      }
      return bytes;
  }
}

writeSafetensors(
  scratch('own.safetensors'),
  new Map([
    ['a.weight', { shape: [2, 3], data: new Float32Array(6) }],
    ['b', { shape: [], data: new Float32Array([1]) }],
  ]),
  { card: '{}' },
);

test.each([
  ['legacy .pth', path.join(GOLDEN, 'legacy.pth'), readPth],
  ['zip .pth', path.join(GOLDEN, 'zip.pth'), readPth],
  ['.npz', path.join(GOLDEN, 'compressed.npz'), readNpz],
  ['.npy', path.join(GOLDEN, 'one.npy'), readNpz],
  ['.safetensors', scratch('own.safetensors'), readSafetensors],
])('%s: 2,500 damaged files are read or refused in words, none takes long', async (_, source, read) => {
  const original = readFileSync(source);
  let refused = 0;
  let slowest = 0;
  for (let n = 0; n < COUNT; n++) {
    const file = scratch(`mutated${path.extname(source)}`, mutate(original, n));
    const start = performance.now();
    try {
      await read(file);
    } catch (error) {
      if (!(error instanceof Problem)) throw new Error(`mutation ${n}`, { cause: error });
      expect(error.next).toBeTruthy();
      refused++;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(refused).toBeGreaterThan(COUNT / 4);
  expect(slowest).toBeLessThan(2000);
});
