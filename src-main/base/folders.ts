/** Per-user folders (see bin/folders.mjs, which the launcher shares) and the application's own folder. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export { cacheFolder, configFolder } from '../../bin/folders.mjs';

/**
 * The application's folder, which holds resources/ and node_modules/ (inside the asar archive in a package).
 * Never written to. This file lies two levels below it, as a source and in dist/main alike.
 */
export function appFolder(): string {
  return path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
}
