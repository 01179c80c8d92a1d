import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browserBridge, socketAddress } from '../../../src-renderer/bridge-browser.ts';

class FakeSocket {
  readyState = 0;
  sent: { id: number; name: string; params: unknown }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  drop() {
    this.readyState = 3;
    this.onclose?.();
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let sockets: FakeSocket[] = [];
const connect = () => {
  const socket = new FakeSocket();
  sockets.push(socket);
  return socket as never;
};

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test('requests wait for the connection, and each gets its own answer', async () => {
  const bridge = browserBridge(connect);
  const one = bridge.request('app.info', {});
  const two = bridge.request('runs.list', { a: 1 });
  expect(sockets[0].sent).toEqual([]);
  sockets[0].open();
  expect(sockets[0].sent.map(({ name }) => name)).toEqual(['app.info', 'runs.list']);
  const [first, second] = sockets[0].sent;
  sockets[0].say({ id: second.id, ok: false, refusal: { message: 'no' } });
  sockets[0].say({ id: first.id, ok: true, answer: 7 });
  expect(await one).toEqual({ ok: true, answer: 7 });
  expect(await two).toEqual({ ok: false, refusal: { message: 'no' } });
});

test('a lost connection refuses what was under way, and comes back by itself', async () => {
  const seen: boolean[] = [];
  const bridge = browserBridge(connect, (up) => seen.push(up));
  sockets[0].open();
  const lost = bridge.request('runs.list', {});
  sockets[0].drop();
  expect((await lost) as object).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('lost') } });
  const waiting = bridge.request('models.list', {});
  vi.advanceTimersByTime(300);
  expect(sockets).toHaveLength(2);
  sockets[1].open();
  expect(sockets[1].sent.map(({ name }) => name)).toEqual(['models.list']);
  sockets[1].say({ id: sockets[1].sent[0].id, ok: true, answer: [] });
  expect(await waiting).toEqual({ ok: true, answer: [] });
  expect(seen).toEqual([true, false, true]);
});

test('attempts come less often the longer the host is away', () => {
  browserBridge(connect);
  for (const wait of [300, 600, 1200, 2500, 5000, 5000]) {
    sockets.at(-1)!.drop();
    const before = sockets.length;
    vi.advanceTimersByTime(wait - 1);
    expect(sockets).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(before + 1);
  }
});

test('news reaches all listeners until they stop', () => {
  const bridge = browserBridge(connect);
  const heard: unknown[] = [];
  const end = bridge.onNews((name, news) => heard.push([name, news]));
  sockets[0].open();
  sockets[0].say({ news: 'notice', value: { text: 'hello' } });
  end();
  sockets[0].say({ news: 'notice', value: { text: 'again' } });
  expect(heard).toEqual([['notice', { text: 'hello' }]]);
});

test('the socket has the page’s own host', () => {
  expect(socketAddress({ protocol: 'http:', host: '127.0.0.1:8123' })).toBe('ws://127.0.0.1:8123/api');
  expect(socketAddress({ protocol: 'https:', host: 'tunnel.test' })).toBe('wss://tunnel.test/api');
});
