/** What this machine has of what Stillroom needs, as data: one row per thing, with the command that mends it. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { missingPackages } from '../../bin/debian.mjs';
import { findElectron, wantedVersion } from '../../bin/electron.mjs';
import { findPip } from '../base/fetch-wheel.ts';
import { appFolder, cacheFolder } from '../base/folders.ts';
import { hasEngine } from './acquire.ts';
import { findCompiler, shippedBinding } from './binding.ts';
import { CPU } from './native-engines.ts';
import { command, engineStatus } from './status.ts';

export interface DoctorRow {
  name: string;
  /** `warn`: works, but not as well as it could. `missing`: something cannot be done. */
  status: 'ok' | 'warn' | 'missing';
  detail: string;
  /** The command or step that mends it; undefined when all is well. */
  next?: string;
}

/** Looks at the machine; starts and fetches nothing. */
export async function examine(): Promise<DoctorRow[]> {
  const rows = await Promise.all([electronRow(), engineRows(), ...buildRows(), cacheRow(), displayRow()]);
  return [...rows.flat(), ...debianRows()];
}

function electronRow(): DoctorRow[] {
  const node: DoctorRow = { name: 'Node', status: 'ok', detail: `${process.version} inside Electron` };
  const version = process.versions.electron;
  if (!version) {
    const electron: DoctorRow = { name: 'Electron', status: 'missing', detail: 'this is plain Node' };
    return [
      { ...electron, next: 'npx stillroom doctor' },
      { ...node, detail: process.version },
    ];
  }
  if (packaged()) return [{ name: 'Electron', status: 'ok', detail: `${version}, packaged` }, node];
  const found = findElectron();
  if (found?.official) return [{ name: 'Electron', status: 'ok', detail: `${version}, official` }, node];
  const detail = `${version}, a third party's build for development (the official one is ${wantedVersion()})`;
  return [{ name: 'Electron', status: 'warn', detail, next: 'npx install-electron' }, node];
}

/** An engine that is not ready is amiss only where something would make it ready and no better one is. */
async function engineRows(): Promise<DoctorRow[]> {
  const engines = await engineStatus();
  const best = engines.findIndex((engine) => engine.ready);
  return engines.map(({ id, ready, detail, next }, i) => ({
    name: `Engine ${id}`,
    status: next && i < best ? 'warn' : 'ok',
    detail: ready ? detail : `not ready: ${detail}`,
    ...(next ? { next } : {}),
  }));
}

/** What is needed to make the CPU engine; nothing of it matters once the engine is there. */
function buildRows(): Promise<DoctorRow[]>[] {
  const unneeded = hasEngine(CPU) ? 'not installed; not needed any more' : undefined;
  const row = (name: string, version: string | undefined, next: string): DoctorRow[] => {
    if (version) return [{ name, status: 'ok', detail: version }];
    if (unneeded) return [{ name, status: 'ok', detail: unneeded }];
    return [{ name, status: 'missing', detail: 'needed once, to get the CPU engine', next }];
  };
  const pip = findPip().then((found) => row('Python, pip', found?.version, 'apt-get install python3-pip'));
  if (shippedBinding()) return [pip];
  return [pip, findCompiler().then((found) => row('C++ compiler', found?.version, 'apt-get install g++'))];
}

async function cacheRow(): Promise<DoctorRow[]> {
  const folder = cacheFolder();
  const detail = `${folder}, ${((await folderBytes(folder)) / 1e9).toFixed(2)} GB`;
  try {
    await fsp.mkdir(folder, { recursive: true });
    await fsp.access(folder, fs.constants.W_OK);
    return [{ name: 'Cache', status: 'ok', detail }];
  } catch {
    const next = 'set STILLROOM_CACHE to a folder that you may write to';
    return [{ name: 'Cache', status: 'missing', detail: `${folder} cannot be written to`, next }];
  }
}

/** Bytes of all files below a folder; 0 where there is none. Electron would walk into .asar files: left out. */
async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await fsp.readdir(folder).catch(() => [])) {
    if (name.endsWith('.asar')) continue;
    const stat = await fsp.lstat(path.join(folder, name)).catch(() => undefined);
    if (stat?.isDirectory()) bytes += await folderBytes(path.join(folder, name));
    else bytes += stat?.size ?? 0;
  }
  return bytes;
}

function displayRow(): DoctorRow[] {
  if (process.platform !== 'linux') return [{ name: 'Display', status: 'ok', detail: process.platform }];
  const display = process.env.WAYLAND_DISPLAY ?? process.env.DISPLAY;
  if (display) return [{ name: 'Display', status: 'ok', detail: display }];
  return [{ name: 'Display', status: 'warn', detail: 'none, so no window', next: `${command()} serve` }];
}

/** The libraries that Electron's window needs from Debian or Ubuntu, and what only the tests need. */
function debianRows(): DoctorRow[] {
  const missing = missingPackages({ tests: !packaged() });
  if (!missing) return [];
  const name = 'Debian packages';
  if (missing.length === 0) return [{ name, status: 'ok', detail: 'all there' }];
  const detail = `missing for the window${packaged() ? '' : ' and the tests'}: ${missing.join(' ')}`;
  return [{ name, status: 'warn', detail, next: `apt-get install --no-install-recommends ${missing.join(' ')}` }];
}

function packaged(): boolean {
  return path.extname(appFolder()) === '.asar';
}
