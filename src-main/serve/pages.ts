import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { describe } from '../contract/problem.ts';

/** What of the host is needed to answer a page's requests for files. */
interface Resources {
  resource(request: Request): Promise<Response>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Headers that every answer carries, whatever it is. */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The content security policy of a page. Styles that components add at run time carry the page's own nonce. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "font-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Answers every request of a page, in the window (`app://`) and in a browser (loopback) alike: `/data/…` comes from
 * the host, everything else is a file of the built window below `root`.
 */
export async function answer(request: Request, host: Resources, root: string): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only reading is possible here.');
  if (!pathname.startsWith('/data/')) return page(pathname, root);
  try {
    const response = await host.resource(request);
    for (const [name, value] of Object.entries(GUARDS)) response.headers.set(name, value);
    return response;
  } catch (error) {
    return refuse(500, describe(error));
  }
}

async function page(pathname: string, root: string): Promise<Response> {
  const name = pathname === '/' ? 'index.html' : decode(pathname);
  const file = name === undefined ? undefined : await inside(root, name);
  if (file === undefined) return refuse(404, 'There is no such page.');
  const type = TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
  const headers = new Headers({ ...GUARDS, 'content-type': type });
  if (!type.startsWith('text/html')) {
    headers.set('cache-control', 'no-cache');
    return new Response(new Uint8Array(await readFile(file)), { headers });
  }
  const nonce = randomBytes(16).toString('base64url');
  headers.set('content-security-policy', contentSecurityPolicy(nonce));
  headers.set('cache-control', 'no-store');
  return new Response((await readFile(file, 'utf8')).replaceAll('__NONCE__', nonce), { headers });
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname).slice(1);
  } catch {
    return undefined;
  }
}

/** The real path of `name` below `root`, or undefined where it is not there or leads out of it. */
async function inside(root: string, name: string): Promise<string | undefined> {
  if (name.includes('\0') || name.split(/[\\/]/).some((part) => part.startsWith('.'))) return undefined;
  try {
    const [base, file] = await Promise.all([realpath(root), realpath(path.join(root, name))]);
    return file.startsWith(base + path.sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

function refuse(status: number, text: string): Response {
  return new Response(text, { status, headers: { ...GUARDS, 'content-type': 'text/plain; charset=utf-8' } });
}
