import { readFileSync } from 'node:fs';
import path from 'node:path';
import { appFolder } from '../base/folders.ts';

/** Stillroom's version. */
export function version(): string {
  return JSON.parse(readFileSync(path.join(appFolder(), 'package.json'), 'utf8')).version;
}
