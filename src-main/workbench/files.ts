/** Paths that the user chose, as tokens: the window never names a path of its own. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import type { Context, HandlersOf, PickPurpose } from './context.ts';

const KEPT = 200;

export class Files {
  private readonly paths = new Map<string, string>();

  /** A token that stands for the path, for this host and as long as it lives. */
  grant(file: string): { file: string; label: string } {
    const token = randomBytes(16).toString('hex');
    this.paths.set(token, path.resolve(file));
    for (const oldest of this.paths.keys()) {
      if (this.paths.size <= KEPT) break;
      this.paths.delete(oldest);
    }
    return { file: token, label: path.basename(path.resolve(file)) };
  }

  /** @throws Problem where the token is not one of ours */
  resolve(token: string): string {
    const found = this.paths.get(token);
    if (found) return found;
    throw new Problem('This file or folder was not chosen by you in this session.', { next: 'Choose it again.' });
  }
}

export function fileHandlers(context: Context, files: Files): HandlersOf<'files'> {
  return { 'files.pick': async ({ purpose, path: typed }) => pick(context, files, purpose, typed) };
}

async function pick(context: Context, files: Files, purpose: PickPurpose, typed: string | undefined) {
  const ask = context.options.pick;
  if (ask) {
    const chosen = await ask(purpose);
    return chosen === null ? null : files.grant(chosen);
  }
  if (!typed?.trim()) return null;
  const home = typed.trim().replace(/^~(?=$|[\\/])/, process.env.HOME ?? '~');
  if (!path.isAbsolute(home)) {
    throw new Problem('The path is not whole.', {
      where: typed,
      next: 'Type it from the root, for example /data/camvid.',
    });
  }
  return files.grant(home);
}
