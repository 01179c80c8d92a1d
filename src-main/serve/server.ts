import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import { ask, type Host } from './api.ts';
import { answer } from './pages.ts';

const COOKIE = 'stillroom';
const MAX_MESSAGE = 4 * 1024 * 1024;
const message = z.object({ id: z.number().int(), name: z.string(), params: z.unknown() });

export interface Served {
  /** The page's address with its token: whoever has it has the user's rights in the project. */
  url: string;
  close(): Promise<void>;
}

/**
 * The same pages as in the window, for a browser on this machine (or through a tunnel to it): HTTP and one WebSocket
 * on 127.0.0.1. A request is answered only with the token, and only under a loopback name, so that neither other
 * users nor other web sites get in.
 * @throws Problem where the port is taken
 */
export async function serve(
  host: Host & { resource(request: Request): Promise<Response> },
  options: { port: number; root: string },
): Promise<Served> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    void reply(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'invalid'}`);
    if (!loopbackName(request, server)) return end(response, 403, 'Open this page under 127.0.0.1 or localhost.');
    if (!ownOrigin(request)) return end(response, 403, 'This page may only be used from itself.');
    if (same(url.searchParams.get('token'), token)) {
      // The token leaves the address bar at once, and lives on in a cookie that scripts cannot read.
      response.writeHead(303, { location: '/', 'set-cookie': `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/` });
      response.end();
      return;
    }
    if (!same(cookie(request), token)) {
      return end(response, 401, 'Open the address that stillroom serve printed: it carries the token.');
    }
    const asked = new Request(url, { method: request.method, headers: plainHeaders(request) });
    const given = await answer(asked, host, options.root);
    response.writeHead(given.status, Object.fromEntries(given.headers));
    response.end(request.method === 'HEAD' ? undefined : Buffer.from(await given.arrayBuffer()));
  }

  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const allowed =
      url.pathname === '/api' &&
      request.headers.origin !== undefined &&
      loopbackName(request, server) &&
      ownOrigin(request) &&
      same(cookie(request), token);
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => connect(connection, host));
  });

  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/?token=${token}`,
    close: () =>
      new Promise((resolve) => {
        for (const connection of sockets.clients) connection.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function connect(connection: WebSocket, host: Host): void {
  const quiet = host.onNews((news, value) => connection.send(JSON.stringify({ news, value })));
  connection.on('close', quiet);
  connection.on('error', () => connection.terminate());
  connection.on('message', async (data) => {
    const parsed = message.safeParse(parse(String(data)));
    if (!parsed.success) return connection.close(1008, 'not a request');
    const { id, name, params } = parsed.data;
    const outcome = await ask(host, name, params);
    if (connection.readyState === connection.OPEN) connection.send(JSON.stringify({ id, ...outcome }));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Guards against a foreign name that was made to point here (DNS rebinding). */
function loopbackName(request: IncomingMessage, server: Server): boolean {
  const { port } = server.address() as AddressInfo;
  return request.headers.host === `127.0.0.1:${port}` || request.headers.host === `localhost:${port}`;
}

function ownOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}`;
}

function cookie(request: IncomingMessage): string | null {
  const found = (request.headers.cookie ?? '').split(/;\s*/).find((part) => part.startsWith(`${COOKIE}=`));
  return found ? found.slice(COOKIE.length + 1) : null;
}

function same(given: string | null, token: string): boolean {
  if (given === null || given.length !== token.length) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(token));
}

function plainHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string' && name !== 'cookie') headers.set(name, value);
  }
  return headers;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(text);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new Problem(
          taken ? `Port ${port} is taken on this machine.` : `Cannot listen on port ${port}: ${error.message}`,
          {
            next: 'Choose another with --port, or leave it out to get a free one.',
            cause: error,
          },
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
