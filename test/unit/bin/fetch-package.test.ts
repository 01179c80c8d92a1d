import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fetchPackage } from '../../../bin/fetch-package.mjs';

let folder: string;
let registry: Server;
let integrity: string;
const name = '@scope/thing';

/** A registry of one package on loopback. */
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stillroom-test-'));
  const made = path.join(folder, 'made', 'package');
  fs.mkdirSync(path.join(made, 'dist'), { recursive: true });
  fs.writeFileSync(path.join(made, 'package.json'), JSON.stringify({ name, version: '1.2.3' }));
  for (const letter of ['a', 'b']) fs.writeFileSync(path.join(made, 'dist', `${letter}.bin`), letter.repeat(1000));
  const archive = path.join(folder, 'thing.tgz');
  execFileSync('tar', ['-czf', archive, '-C', path.dirname(made), 'package']);
  const bytes = fs.readFileSync(archive);
  integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  registry = createServer((request, response) => {
    const { port } = registry.address() as AddressInfo;
    if (request.url?.endsWith('.tgz')) return response.end(bytes);
    const dist = { tarball: `http://127.0.0.1:${port}/thing.tgz`, integrity };
    const versions = { '1.2.3': { name, version: '1.2.3', dist } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.2.3' }, versions }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => registry.once('listening', resolve));
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(registry.address() as AddressInfo).port}`);
}, 60_000);

afterAll(() => {
  registry.close();
  fs.rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

test('a package is fetched through npm, and only what is asked for of it is unpacked', async () => {
  const to = path.join(folder, 'some');
  const phases: string[] = [];
  const wanted = { name, version: '1.2.3', integrity };
  await fetchPackage(wanted, to, { files: ['package/dist/a.bin'], phase: (word) => phases.push(word) });
  expect(fs.readFileSync(path.join(to, 'package/dist/a.bin'), 'utf8')).toBe('a'.repeat(1000));
  expect(fs.existsSync(path.join(to, 'package/dist/b.bin'))).toBe(false);
  expect(phases).toEqual(['checking', 'unpacking']);
});

test('another file than the pinned one is not unpacked', async () => {
  const to = path.join(folder, 'other');
  const wanted = { name, version: '1.2.3', integrity: `sha512-${'A'.repeat(86)}==` };
  await expect(fetchPackage(wanted, to)).rejects.toThrow('its sha512 differs. It was not unpacked.');
  expect(fs.existsSync(path.join(to, 'package'))).toBe(false);
});

test('npm says why it could not fetch', async () => {
  const wanted = { name, version: '9.9.9', integrity };
  await expect(fetchPackage(wanted, path.join(folder, 'none'))).rejects.toThrow(/^npm could not fetch @scope\/thing@9/);
});
