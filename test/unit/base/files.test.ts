import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBytes, sha256, writeAtomic } from '../../../src-main/base/files.ts';
import { Problem } from '../../../src-main/contract/problem.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

test('a file is replaced whole and nothing is left beside it', () => {
  const file = path.join(folder, 'new', 'a.txt');
  writeAtomic(file, 'one');
  writeAtomic(file, new TextEncoder().encode('twó'));
  expect(readFileSync(file, 'utf8')).toBe('twó');
  expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
});

test('a failed write keeps what was there, leaves nothing and says why', () => {
  const file = path.join(folder, 'taken');
  mkdirSync(file);
  writeFileSync(path.join(file, 'kept'), 'x');
  let thrown: unknown;
  try {
    writeAtomic(file, 'data');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Problem);
  expect((thrown as Problem).line).toContain(file);
  expect((thrown as Problem).next).toBeTruthy();
  expect(readdirSync(folder)).toEqual(['taken']);
  expect(readdirSync(file)).toEqual(['kept']);
});

test('a file in the place of a folder is a Problem', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'x');
  expect(() => writeAtomic(path.join(file, 'inner'), 'data')).toThrow(Problem);
});

test('a missing file is a Problem with its path and a next step', () => {
  const file = path.join(folder, 'missing.png');
  expect(() => readBytes(file)).toThrowError(
    expect.objectContaining({
      name: 'Problem',
      where: file,
      message: `Stillroom cannot read ${file}: it is not there.`,
    }),
  );
});

test('sha256 of parts is that of the whole', () => {
  expect(sha256('a', 'bc')).toBe(sha256('abc'));
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
