/** Where the host keeps what belongs to the user and where hosts find each other. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sha256 } from '../base/files.ts';
import { Problem } from '../contract/problem.ts';

/** What Stillroom makes for the user and the user may want to keep: the sample, projects without a chosen place. */
export function dataFolder(): string {
  if (process.env.STILLROOM_DATA) return path.resolve(process.env.STILLROOM_DATA);
  const home = os.homedir();
  if (process.platform === 'win32') {
    return path.join(process.env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), 'Stillroom', 'Data');
  }
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Stillroom', 'Data');
  const given = process.env.XDG_DATA_HOME;
  return path.join(given && path.isAbsolute(given) ? given : path.join(home, '.local', 'share'), 'stillroom');
}

/**
 * The address at which the host of a project listens, for this user only: a Unix domain socket in a folder that only
 * the user may enter, or a named pipe on Windows.
 * @param folder the project's real path
 * @throws Problem where the folder for sockets belongs to somebody else
 */
export function linkAddress(folder: string): string {
  const name = sha256(folder).slice(0, 24);
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\stillroom-${sha256(os.userInfo().username, name).slice(0, 32)}`;
  const given = process.env.XDG_RUNTIME_DIR;
  const user = process.getuid?.() ?? 0;
  const parent =
    given && path.isAbsolute(given) ? path.join(given, 'stillroom') : path.join('/tmp', `stillroom-${user}`);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const stat = lstatSync(parent);
  if (!stat.isDirectory() || stat.uid !== user) {
    throw new Problem('The folder through which Stillroom processes meet belongs to somebody else.', {
      where: parent,
      next: 'Set XDG_RUNTIME_DIR to a folder of your own.',
    });
  }
  chmodSync(parent, 0o700);
  return path.join(parent, `${name}.sock`);
}
