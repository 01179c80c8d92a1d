/**
 * Where Stillroom keeps what belongs to the user and not to a project. Plain JavaScript, because the launcher needs
 * it before anything is built; the application has it from src-main/base/folders.ts.
 */
import os from 'node:os';
import path from 'node:path';

/**
 * The per-user cache: Electron, the engine's libraries, everything that can be fetched again.
 * STILLROOM_CACHE moves it (tests, a shared disk); otherwise the platform's own place, XDG on Linux.
 * @returns {string}
 */
export function cacheFolder() {
  if (process.env.STILLROOM_CACHE) return path.resolve(process.env.STILLROOM_CACHE);
  if (process.platform === 'win32') return path.join(windowsLocal(), 'Stillroom', 'Cache');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'Stillroom');
  return path.join(absolute(process.env.XDG_CACHE_HOME) ?? path.join(os.homedir(), '.cache'), 'stillroom');
}

/**
 * The per-user settings: recent projects, the window's place. Small, and not to be lost.
 * @returns {string}
 */
export function configFolder() {
  if (process.platform === 'win32') return path.join(windowsLocal(), 'Stillroom', 'Config');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Application Support', 'Stillroom');
  return path.join(absolute(process.env.XDG_CONFIG_HOME) ?? path.join(os.homedir(), '.config'), 'stillroom');
}

function windowsLocal() {
  return process.env.LOCALAPPDATA ?? path.join(os.homedir(), 'AppData', 'Local');
}

/**
 * XDG says that a relative path is to be ignored.
 * @param {string | undefined} folder
 */
function absolute(folder) {
  return folder && path.isAbsolute(folder) ? folder : undefined;
}
