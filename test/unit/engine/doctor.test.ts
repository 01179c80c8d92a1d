import { afterEach, expect, test, vi } from 'vitest';
import { examine } from '../../../src-main/engine/doctor.ts';

afterEach(() => vi.unstubAllEnvs());

test('every part has a row, and whatever is missing has a next step', async () => {
  const rows = await examine();
  const names = rows.map((row) => row.name);
  expect(names).toEqual(
    expect.arrayContaining([
      'Electron',
      'Node',
      'Engine cuda',
      'Engine cpu',
      'Engine webgpu',
      'Engine wasm',
      'Cache',
      'Display',
    ]),
  );
  expect(rows.filter((row) => row.status === 'missing' && !row.next)).toEqual([]);
  expect(rows.find((row) => row.name === 'Node')?.detail).toContain(process.version);
});

test('a cache that cannot be written to is missing', async () => {
  vi.stubEnv('STILLROOM_CACHE', '/dev/null/cache');
  const row = (await examine()).find((found) => found.name === 'Cache');
  expect(row).toMatchObject({ status: 'missing', next: expect.stringContaining('STILLROOM_CACHE') });
});

test('without a display the browser is the next step', async () => {
  vi.stubEnv('DISPLAY', undefined);
  vi.stubEnv('WAYLAND_DISPLAY', undefined);
  const row = (await examine()).find((found) => found.name === 'Display');
  expect(row).toMatchObject({ status: 'warn', next: expect.stringContaining('serve') });
});
