import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { randomBits } from '../../../../src-main/base/random.ts';
import { Problem } from '../../../../src-main/contract/problem.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-tflite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const original = readFileSync(path.join(import.meta.dirname, 'golden', 'net.tflite'));
const file = path.join(folder, 'it.tflite');

/** Reads other bytes in the place of the file. */
async function refusal(bytes: Uint8Array): Promise<string> {
  writeFileSync(file, bytes);
  try {
    await readModel(file);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const { message } = error as Problem;
    expect(message).toContain(file);
    return message;
  }
}

/** Where four bytes of a whole number stand for the first time. */
function placeOf(...values: number[]): number {
  const bytes = Buffer.from(Int32Array.from(values).buffer);
  const at = original.indexOf(bytes);
  expect(at).toBeGreaterThan(0);
  return at;
}

test('a file that was cut is refused in a sentence', async () => {
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.999]) {
    expect(await refusal(original.subarray(0, Math.floor(original.length * share)))).not.toBe('');
  }
});

test('another file is', async () => {
  expect(await refusal(Buffer.from('not a file of TensorFlow'))).toContain('is not a TensorFlow Lite file');
});

test('a shape of 20 GB is refused before anything is made of it', async () => {
  const bytes = Buffer.from(original);
  // The stem's filter: 8 filters of 3 × 3 on 3 channels
  bytes.writeInt32LE(2 ** 26, placeOf(8, 3, 3, 3));
  expect(await refusal(bytes)).toMatch(/which is too large|bytes for the shape/);
});

test('places beyond the end are', async () => {
  const bytes = Buffer.from(original);
  bytes.writeUInt32LE(0x7fffffff, 0);
  expect(await refusal(bytes)).toContain('is damaged: it points beyond its end');
});

test('1,000 damaged files are read or refused in words', async () => {
  let refused = 0;
  for (let n = 0; n < 1000; n++) {
    const draw = (below: number, ...index: number[]) => randomBits(7, 'tflite', n, ...index) % below;
    const bytes = Buffer.from(original);
    for (let i = 0; i <= draw(4, 0); i++) {
      const at = draw(bytes.length - 4, 1, i);
      if (draw(2, 2, i)) bytes.writeInt32LE([-1, 0, 0x7fffffff, 1 << 20][draw(4, 3, i)], at);
      else bytes[at] = draw(256, 4, i);
    }
    if (await refusal(bytes)) refused++;
  }
  expect(refused).toBeGreaterThan(300);
}, 120_000);
