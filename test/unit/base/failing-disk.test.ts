import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sha256OfFile, writeAtomic } from '../../../src-main/base/files.ts';
import { Problem } from '../../../src-main/contract/problem.ts';

/** The call that fails next and how; the rest of the file system is the real one. */
const failing = vi.hoisted(() => ({ call: '', code: '' }));

vi.mock('node:fs', async (original) => {
  const real = await original<Record<string, unknown>>();
  const guarded = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'].map((name) => [
    name,
    (...args: unknown[]) => {
      if (name === failing.call) {
        // A disk that fills up takes the first bytes
        if (name === 'writeSync')
          (real.writeSync as (...a: unknown[]) => void)(args[0], (args[1] as Buffer).subarray(0, 3));
        failing.call = '';
        throw Object.assign(new Error(`${failing.code}: ${name}`), { code: failing.code, syscall: name });
      }
      return (real[name] as (...a: unknown[]) => unknown)(...args);
    },
  ]);
  return { ...real, ...Object.fromEntries(guarded) };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-'));
});
afterEach(() => {
  failing.call = '';
  rmSync(folder, { recursive: true });
});

describe.each(['openSync', 'writeSync', 'fsyncSync', 'renameSync'])('a disk that fails at %s', (call) => {
  test.each([
    ['ENOSPC', /the disk is full.*Make room/],
    ['EIO', /the disk reports an error.*Check the disk/],
    ['EACCES', /no permission.*choose/i],
  ])('with %s leaves the old file whole and nothing beside it', (code, words) => {
    const file = path.join(folder, 'checkpoint.safetensors');
    writeAtomic(file, 'the old one');
    Object.assign(failing, { call, code });
    let thrown: unknown;
    try {
      writeAtomic(file, 'the new one');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Problem);
    expect((thrown as Problem).line).toMatch(words);
    expect((thrown as Problem).line).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('the old one');
    expect(readdirSync(folder)).toEqual(['checkpoint.safetensors']);
    writeAtomic(file, 'the new one');
    expect(readFileSync(file, 'utf8')).toBe('the new one');
  });
});

test('a file is hashed in pieces', async () => {
  const file = path.join(folder, 'large');
  const bytes = Buffer.alloc(300_000, 'stillroom');
  writeFileSync(file, bytes);
  expect(await sha256OfFile(file)).toBe(createHash('sha256').update(bytes).digest('hex'));
  await expect(sha256OfFile(path.join(folder, 'gone'))).rejects.toThrow(/it is not there/);
});
