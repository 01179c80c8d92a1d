import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchPackage } from '../../../bin/fetch-package.mjs';
import { NpmRegistry } from './npm-registry.ts';

const registry = new NpmRegistry({ name: '@scope/thing', version: '1.2.3' });
const { name } = registry.made;

beforeAll(() => registry.start(), 60_000);
afterAll(() => registry.stop());

test('a package is fetched through npm, and only what is asked for of it is unpacked', async () => {
  const to = path.join(registry.folder, 'some');
  const phases: string[] = [];
  const wanted = { name, version: '1.2.3', integrity: registry.integrity };
  await fetchPackage(wanted, to, { files: ['package/dist/a.bin'], phase: (word) => phases.push(word) });
  expect(fs.readFileSync(path.join(to, 'package/dist/a.bin'), 'utf8')).toBe('a'.repeat(1000));
  expect(fs.existsSync(path.join(to, 'package/dist/b.bin'))).toBe(false);
  expect(phases).toEqual(['checking', 'unpacking']);
});

test('another file than the pinned one is not unpacked', async () => {
  const to = path.join(registry.folder, 'other');
  const wanted = { name, version: '1.2.3', integrity: `sha512-${'A'.repeat(86)}==` };
  await expect(fetchPackage(wanted, to)).rejects.toThrow('its sha512 differs. It was not unpacked.');
  expect(fs.existsSync(path.join(to, 'package'))).toBe(false);
});

test('npm says why it could not fetch', async () => {
  const wanted = { name, version: '9.9.9', integrity: registry.integrity };
  await expect(fetchPackage(wanted, path.join(registry.folder, 'none'))).rejects.toThrow(
    /^npm could not fetch @scope\/thing@9/,
  );
});
