/** Getting one pinned package of the npm registry, through npm so that a lab's own mirror holds. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { collect } from './run.mjs';

/**
 * Fetches, checks and unpacks a package: its files are then in `folder`/package.
 * @param {{ name: string, version: string, integrity: string }} wanted integrity: as in a lock file, `sha512-…`
 * @param {string} folder made where it is absent; what is in it besides is the caller's to remove, also on a failure
 * @param {{ files?: string[], phase?: (word: string) => void }} [options] files: only these, as `package/…`
 * @throws {Error} one sentence: npm failed, the file is another, it cannot be unpacked
 */
export async function fetchPackage({ name, version, integrity }, folder, { files = [], phase = () => {} } = {}) {
  fs.mkdirSync(folder, { recursive: true });
  // A cache of its own: the package would otherwise stay in npm's for good, beside what is unpacked.
  const cache = path.join(folder, 'npm-cache');
  const packed = await collect('npm', [
    ...['pack', `${name}@${version}`, '--pack-destination', folder, '--silent', '--cache', cache],
  ]);
  if (!packed.ok) throw new Error(`npm could not fetch ${name}@${version}: ${packed.why}.`);
  phase('checking');
  const archive = path.join(folder, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
  const hash = createHash('sha512');
  await pipeline(fs.createReadStream(archive), hash);
  if (`sha512-${hash.digest('base64')}` !== integrity) {
    throw new Error(`${name}@${version} is not the file that was expected: its sha512 differs. It was not unpacked.`);
  }
  phase('unpacking');
  const unpacked = await collect('tar', ['-xzf', archive, '-C', folder, '--no-same-owner', ...files]);
  if (!unpacked.ok) throw new Error(`${archive} could not be unpacked: ${unpacked.why}.`);
}
