import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { acquireCpuEngine, cpuEngineFolder, WHEEL } from '../../../src-main/engine/acquire.ts';
import { unpackWheel } from '../../../src-main/engine/wheel.ts';

let cache: string;
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'));
  vi.stubEnv('STILLROOM_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(cache, { recursive: true });
});

test('a wheel that is not the pinned one is refused and deleted, and nothing half-made stays', async () => {
  const wheel = path.join(cache, 'engine', 'downloads', WHEEL.file);
  fs.mkdirSync(path.dirname(wheel), { recursive: true });
  fs.writeFileSync(wheel, 'not TensorFlow');
  const told: string[] = [];
  await expect(acquireCpuEngine(true, (text) => told.push(text))).rejects.toThrow(/sha256 differs/);
  expect(fs.existsSync(wheel)).toBe(false);
  expect(fs.existsSync(cpuEngineFolder())).toBe(false);
  expect(fs.readdirSync(path.join(cache, 'engine')).filter((name) => /part|lock/.test(name))).toEqual([]);
  expect(told).toEqual(['Checking TensorFlow']);
});

test('without pip the next step is said, and the try is not repeated for a while', async () => {
  vi.stubEnv('PATH', '');
  const first = await acquireCpuEngine().catch((error) => error);
  expect(first.line).toMatch(/pip.*apt-get install python3-pip.*put tensorflow_cpu.*\.whl into/s);
  vi.stubEnv('PATH', '/usr/bin:/bin');
  const begun = Date.now();
  await expect(acquireCpuEngine(false)).rejects.toThrow(first.line);
  expect(Date.now() - begun).toBeLessThan(1000);
});

test('of a wheel only what is asked for is written, byte by byte', async () => {
  const wheel = path.join(cache, 'x.whl');
  const library = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
  fs.writeFileSync(
    wheel,
    zipSync({ 'a/lib.so': library, 'a/stored.h': [library, { level: 0 }], 'b/other.py': library }),
  );
  const shares: number[] = [];
  const out = (name: string) => (name.startsWith('a/') ? path.join(cache, 'out', name) : undefined);
  expect(await unpackWheel(wheel, out, (share) => shares.push(share))).toEqual(['a/lib.so', 'a/stored.h']);
  expect(new Uint8Array(fs.readFileSync(path.join(cache, 'out/a/lib.so')))).toEqual(library);
  expect(new Uint8Array(fs.readFileSync(path.join(cache, 'out/a/stored.h')))).toEqual(library);
  expect(fs.existsSync(path.join(cache, 'out/b'))).toBe(false);
  expect(shares.at(-1)).toBe(1);
});
