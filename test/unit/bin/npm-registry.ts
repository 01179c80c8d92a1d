/** A registry of one package on loopback, for npm. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';

export class NpmRegistry {
  readonly made: { name: string; version: string };
  folder = '';
  integrity = '';
  /** How often the package was asked for. */
  fetched = 0;
  private server: Server | null = null;

  constructor(made: { name: string; version: string }) {
    this.made = made;
  }

  /** Makes the package: `dist/a.bin` and `dist/b.bin`, 1,000 letters each. */
  async start(): Promise<void> {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stillroom-test-'));
    const contents = path.join(this.folder, 'made', 'package');
    fs.mkdirSync(path.join(contents, 'dist'), { recursive: true });
    fs.writeFileSync(path.join(contents, 'package.json'), JSON.stringify(this.made));
    for (const letter of ['a', 'b'])
      fs.writeFileSync(path.join(contents, 'dist', `${letter}.bin`), letter.repeat(1000));
    const archive = path.join(this.folder, 'thing.tgz');
    execFileSync('tar', ['-czf', archive, '-C', path.dirname(contents), 'package']);
    const bytes = fs.readFileSync(archive);
    this.integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const { name, version } = this.made;
    const server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      if (request.url?.endsWith('.tgz')) {
        this.fetched++;
        return response.end(bytes);
      }
      const dist = { tarball: `http://127.0.0.1:${port}/thing.tgz`, integrity: this.integrity };
      response.setHeader('content-type', 'application/json');
      const versions = { [version]: { name, version, dist } };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    }).listen(0, '127.0.0.1');
    this.server = server;
    await new Promise((resolve) => server.once('listening', resolve));
    vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server?.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
}
