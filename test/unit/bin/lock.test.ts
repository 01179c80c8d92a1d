import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../bin/lock.mjs';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('who waits comes after who holds, and is told of it once', async () => {
  const file = path.join(folder, 'deep', 'a.lock');
  const order: string[] = [];
  let waited = 0;
  const first = withLock(file, async () => {
    order.push('first in');
    await pause(400);
    order.push('first out');
  });
  await pause(20);
  await withLock(
    file,
    async () => order.push('second in'),
    () => waited++,
  );
  await first;
  expect(order).toEqual(['first in', 'first out', 'second in']);
  expect(waited).toBe(1);
  expect(fs.existsSync(file)).toBe(false);
});

test('a failure inside frees the lock', async () => {
  const file = path.join(folder, 'a.lock');
  await expect(withLock(file, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(file, async () => 'free')).toBe('free');
});

test('the lock of a dead process is taken, that of a living one is not', async () => {
  const file = path.join(folder, 'a.lock');
  // No process has this number: it is above the kernel's limit.
  fs.writeFileSync(file, `99999999 ${os.hostname()} 1`);
  expect(await withLock(file, async () => 'taken')).toBe('taken');
  fs.writeFileSync(file, `${process.ppid} ${os.hostname()} 1`);
  let got = false;
  const waiter = withLock(file, async () => {
    got = true;
  });
  await pause(600);
  expect(got).toBe(false);
  fs.rmSync(file);
  await waiter;
  expect(got).toBe(true);
});
