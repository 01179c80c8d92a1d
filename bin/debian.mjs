/** What Electron's window, the engine (OpenMP) and the tests need from Debian or Ubuntu. */
import { spawnSync } from 'node:child_process';
import { handOver } from './run.mjs';

const WINDOW = (
  'libgtk-3-0 libnss3 libasound2 libgbm1 libxss1 libatk-bridge2.0-0 libdrm2 libxkbcommon0 libcups2 libxtst6 ' +
  'libnotify4 libsecret-1-0 libgomp1'
).split(' ');
const TESTS = 'xvfb xauth dbus fonts-dejavu-core libvulkan1 chromium'.split(' ');

/**
 * The packages that are not installed; undefined on a system without dpkg. Newer releases renamed some of them with
 * the suffix t64 (64-bit time): either name counts.
 * @param {{ tests: boolean }} what whether those that only the tests need are asked for too
 * @returns {string[] | undefined}
 */
export function missingPackages({ tests }) {
  const installed = query('dpkg', ['--get-selections']);
  if (installed === undefined) return undefined;
  const lines = installed.split('\n').filter((line) => line.endsWith('\tinstall'));
  const names = new Set(lines.map((line) => line.split(/[:\t]/)[0]));
  const absent = [...WINDOW, ...(tests ? TESTS : [])].filter((name) => !names.has(name) && !names.has(`${name}t64`));
  return absent.length === 0 ? [] : absent.map(nameHere);
}

/**
 * The name that this release installs: the old one may be gone, or only be a virtual package.
 * @param {string} name
 */
function nameHere(name) {
  return known(`${name}t64`) ? `${name}t64` : name;
}

/** @param {string} name */
function known(name) {
  return query('apt-cache', ['show', '--no-all-versions', name]) !== undefined;
}

/**
 * Installs what is missing when we may (root), otherwise says the exact command.
 * @returns {Promise<boolean>} whether all is there now
 */
export async function installPackages() {
  const root = process.getuid?.() === 0;
  if ((missingPackages({ tests: true }) ?? []).length === 0) return true;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (root) await handOver('apt-get', ['update', '-qq'], env);
  // Ubuntu has no Chromium outside its snap store: the tests that need it say that they are skipped.
  const missing = (missingPackages({ tests: true }) ?? []).filter((name) => name !== 'chromium' || known(name));
  if (missing.length === 0) return true;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (!root) {
    process.stderr.write(
      `Debian packages are missing. Install them and try again:\n  sudo apt-get ${install.join(' ')}\n`,
    );
    return false;
  }
  process.stderr.write(`Installing Debian packages: ${missing.join(' ')}\n`);
  const { code } = await handOver('apt-get', ['-qq', ...install], env);
  return code === 0;
}

/** @param {string} program @param {string[]} args */
function query(program, args) {
  const answer = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return answer.status === 0 ? answer.stdout : undefined;
}
