import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Problem } from '../../../src-main/contract/problem.ts';
import type { NewsName } from '../../../src-main/contract/window.ts';
import { type Served, serve } from '../../../src-main/serve/server.ts';

let folder: string;
let served: Served;
let tell: (name: NewsName, news: unknown) => void;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'serve-'));
  await writeFile(path.join(folder, 'index.html'), 'the page');
  const host = {
    handle: async (name: string, params: unknown) => {
      if (name === 'refused') throw new Problem('No such run.', { next: 'Choose another.' });
      return { name, params };
    },
    onNews: (listener: typeof tell) => {
      tell = listener;
      return () => {};
    },
    resource: async () => new Response('bytes'),
  };
  served = await serve(host, { port: 0, root: folder });
});
afterAll(async () => {
  await served.close();
  await rm(folder, { recursive: true });
});

const address = () => new URL(served.url);
const token = () => address().searchParams.get('token') ?? '';
const cookie = () => `stillroom=${token()}`;

function get(
  target: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string; cookie?: string }> {
  const { port } = address();
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, headers }, async (response) => {
      let text = '';
      for await (const part of response) text += part;
      resolve({ status: response.statusCode ?? 0, text, cookie: response.headers['set-cookie']?.[0] });
    })
      .on('error', reject)
      .end();
  });
}

function connect(headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${address().port}/api`, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
  });
}

test('the token opens the page once and goes on as a cookie that scripts cannot read', async () => {
  const first = await get(`/?token=${token()}`, {});
  expect(first.status).toBe(303);
  expect(first.cookie).toMatch(/HttpOnly; SameSite=Strict/);
  const page = await get('/', { cookie: cookie() });
  expect(page).toMatchObject({ status: 200, text: 'the page' });
});

test.each([
  ['no token', {}, 401],
  ['a wrong token', { cookie: 'stillroom=wrong' }, 401],
  ['a foreign name for this machine', { cookie: 'own', host: 'evil.example' }, 403],
  ['a page of another site', { cookie: 'own', origin: 'http://evil.example' }, 403],
])('%s is refused', async (_what, headers, status) => {
  const own = 'cookie' in headers && headers.cookie === 'own' ? { ...headers, cookie: cookie() } : headers;
  expect((await get('/data/items/1/image', own as Record<string, string>)).status).toBe(status);
});

test('the socket needs the token and the own origin', async () => {
  const origin = `http://127.0.0.1:${address().port}`;
  expect(await connect({ origin })).toBe(403);
  expect(await connect({ cookie: cookie() })).toBe(403);
  expect(await connect({ cookie: cookie(), origin: 'http://evil.example' })).toBe(403);
  const socket = (await connect({ cookie: cookie(), origin })) as WebSocket;
  const got: unknown[] = [];
  const next = () =>
    new Promise<void>((resolve) => socket.once('message', (data) => resolve(void got.push(JSON.parse(String(data))))));
  socket.send(JSON.stringify({ id: 1, name: 'app.info', params: { a: 1 } }));
  await next();
  socket.send(JSON.stringify({ id: 2, name: 'refused', params: {} }));
  await next();
  const told = next();
  tell('notice', { level: 'info', text: 'hello' });
  await told;
  expect(got).toEqual([
    { id: 1, ok: true, answer: { name: 'app.info', params: { a: 1 } } },
    { id: 2, ok: false, refusal: { message: 'No such run.', next: 'Choose another.' } },
    { news: 'notice', value: { level: 'info', text: 'hello' } },
  ]);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.send('not json');
  expect(await closed).toBe(1008);
});

test('a taken port is a sentence', async () => {
  const port = Number(address().port);
  const host = { handle: async () => null, onNews: () => () => {}, resource: async () => new Response('') };
  await expect(serve(host, { port, root: folder })).rejects.toThrow(`Port ${port} is taken`);
});
