import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { answer } from '../../../src-main/serve/pages.ts';

let folder: string;
const host = {
  resource: async (request: Request) => {
    if (request.url.endsWith('broken')) throw new Problem('The image is gone.', { where: 'a.png' });
    return new Response('bytes');
  },
};
const get = (name: string, method = 'GET') =>
  answer(new Request(`app://w1${name}`, { method }), host, path.join(folder, 'root'));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pages-'));
  await mkdir(path.join(folder, 'root', 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'root', 'index.html'), '<meta name="csp-nonce" content="__NONCE__">');
  await writeFile(path.join(folder, 'root', 'assets', 'a.js'), 'export {};');
  await writeFile(path.join(folder, 'root', '.stamp'), 'hidden');
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await symlink(path.join(folder, 'secret.txt'), path.join(folder, 'root', 'assets', 'way-out.txt'));
});
afterAll(() => rm(folder, { recursive: true }));

test('each page gets a nonce of its own, in its policy and in itself', async () => {
  const [one, two] = await Promise.all([get('/'), get('/')]);
  const policy = one.headers.get('content-security-policy') ?? '';
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  expect(nonce).toBeTruthy();
  expect(await one.text()).toBe(`<meta name="csp-nonce" content="${nonce}">`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe-inline');
  expect(two.headers.get('content-security-policy')).not.toBe(policy);
});

test('files are served with their type and never sniffed', async () => {
  const response = await get('/assets/a.js');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/assets/way-out.txt',
  '/.stamp',
  '/%00',
  '/%',
  '/nothing.js',
])('%s leads nowhere', async (name) => {
  expect((await get(name)).status).toBe(404);
});

test('nothing can be written, and a fault of the host is a sentence', async () => {
  expect((await get('/', 'POST')).status).toBe(405);
  const response = await get('/data/broken');
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('The image is gone. (a.png)');
  expect(await (await get('/data/items/1/image')).text()).toBe('bytes');
});
