import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { collect } from '../../../bin/run.mjs';

const LAUNCHER = path.resolve(import.meta.dirname, '../../../bin/stillroom.mjs');

test('electron-path prints one line: a program that runs as Node', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, 'electron-path']);
  const program = stdout.trimEnd();
  expect(program).not.toContain('\n');
  expect(fs.statSync(program).isFile()).toBe(true);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const answer = await collect(program, ['-p', 'process.versions.electron'], { env });
  expect(answer.out).toMatch(/^\d+\.\d+\.\d+/);
});

test('without a display the window is refused with the next step', async () => {
  const { openWindow } = await import('../../../bin/window.mjs');
  const before = { ...process.env };
  delete process.env.DISPLAY;
  delete process.env.WAYLAND_DISPLAY;
  try {
    expect(() => openWindow(process.execPath, [])).toThrow(/no display.*stillroom serve/);
  } finally {
    Object.assign(process.env, before);
  }
});

test('a program that is missing, fails or takes too long is told apart', async () => {
  expect((await collect('no-such-program', [])).why).toBe('no-such-program is not installed');
  const failed = await collect('sh', ['-c', 'echo ERROR: broken >&2; exit 3']);
  expect(failed).toMatchObject({ ok: false, why: 'sh ended with code 3: ERROR: broken' });
  const slow = await collect('sleep', ['20'], { limitMs: 100 });
  expect(slow.ok).toBe(false);
  expect(slow.why).toContain('took too long');
});
