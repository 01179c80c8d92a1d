/**
 * How the command line hands its job to the host that has the project open: JSON lines over a local socket.
 *   →  {"id": 1, "name": "runs.start", "params": {…}}
 *   ←  {"id": 1, "ok": true, "answer": …}   or   {"id": 1, "ok": false, "refusal": {…}}
 *   ←  {"news": "run.progress", "value": {…}}
 * The names are those of contract/window.ts.
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import type { News, NewsName, Refusal } from '../contract/window.ts';
import { linkAddress } from './places.ts';

const CONNECT_MS = 3000;
const request = z.object({ id: z.number().int(), name: z.string(), params: z.unknown() });

/** Whoever answers requests and tells news: a workbench, or one in another process. */
export interface Host {
  handle(name: string, params: unknown): Promise<unknown>;
  onNews(listener: (name: NewsName, news: News[NewsName]) => void): () => void;
}

/**
 * Listens for the command line on behalf of a project's host. The caller holds the project's lock, so a socket that
 * lies there is left over and may go.
 * @returns what stops it
 */
export async function listenForLinks(folder: string, host: Host): Promise<() => void> {
  const address = linkAddress(folder);
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, host);
  });
  await listen(server, address);
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  return () => {
    server.close();
    for (const socket of sockets) socket.end();
  };
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function serve(socket: Socket, host: Host): void {
  const send = (line: unknown) => socket.writable && socket.write(`${JSON.stringify(line)}\n`);
  const quiet = host.onNews((news, value) => send({ news, value }));
  socket.on('close', quiet);
  readLines(socket, async (line) => {
    const parsed = request.safeParse(parse(line));
    if (!parsed.success) return socket.destroy();
    const { id, name, params } = parsed.data;
    try {
      send({ id, ok: true, answer: (await host.handle(name, params)) ?? null });
    } catch (error) {
      send({ id, ok: false, refusal: refusalOf(error) });
    }
  });
}

/** A peer that goes away is no fault of ours: the socket closes. The reader tells a socket's errors a second time. */
function readLines(socket: Socket, receive: (line: string) => void): void {
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket })
    .on('line', receive)
    .on('error', () => {});
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Problem) return { message: error.message, where: error.where, next: error.next };
  return { message: error instanceof Error ? error.message : String(error) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A project's host in another process. */
export class RemoteHost implements Host {
  /** Ends when the connection does. */
  readonly gone: Promise<void>;
  private readonly socket: Socket;
  private readonly waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  private readonly listeners = new Set<(name: NewsName, news: News[NewsName]) => void>();
  private nextId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    readLines(socket, (line) => this.receive(line));
    this.gone = new Promise((resolve) => {
      socket.on('close', () => {
        const problem = new Problem('The Stillroom that has the project open has ended.', { next: 'Try again.' });
        for (const { reject } of this.waiting.values()) reject(problem);
        this.waiting.clear();
        resolve();
      });
    });
  }

  /** The host that has the project in this folder open; null where nobody listens. */
  static connect(folder: string): Promise<RemoteHost | null> {
    return new Promise((resolve) => {
      const socket = connect(linkAddress(folder));
      const timer = setTimeout(() => settle(null), CONNECT_MS);
      const settle = (host: RemoteHost | null) => {
        clearTimeout(timer);
        if (!host) socket.destroy();
        resolve(host);
      };
      socket.once('error', () => settle(null));
      socket.once('connect', () => settle(new RemoteHost(socket)));
    });
  }

  handle(name: string, params: unknown): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (!this.socket.writable) {
        reject(new Problem('The Stillroom that has the project open has ended.', { next: 'Try again.' }));
        return;
      }
      this.waiting.set(id, { resolve, reject });
      this.socket.write(`${JSON.stringify({ id, name, params })}\n`);
    });
  }

  onNews(listener: (name: NewsName, news: News[NewsName]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(line: string): void {
    // It comes from our own host, over a socket that only this user can reach.
    const said = JSON.parse(line) as
      | { id: number; ok: true; answer: unknown }
      | { id: number; ok: false; refusal: Refusal }
      | { news: NewsName; value: News[NewsName] };
    if ('news' in said) {
      for (const listener of this.listeners) listener(said.news, said.value);
      return;
    }
    const waiting = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if (!waiting) return;
    if (said.ok) waiting.resolve(said.answer);
    else waiting.reject(new Problem(said.refusal.message, said.refusal));
  }
}
