/** Writing and reading files so that nothing is half-written and every failure is said in words. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { Problem } from '../contract/problem.ts';

/** What a failed file operation means to the user, by Node's error code. */
const REASONS: Record<string, [why: string, next: string]> = {
  ENOENT: ['it is not there', 'Check the path.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Check the path.'],
  EISDIR: ['it is a folder, not a file', 'Name a file.'],
  EACCES: ['you have no permission', 'Change its permissions or choose another place.'],
  EPERM: ['you have no permission', 'Change its permissions or choose another place.'],
  EROFS: ['the disk is read-only', 'Choose another place.'],
  ENOSPC: ['the disk is full', 'Make room on it and try again.'],
  EDQUOT: ['your quota on the disk is used up', 'Make room on it and try again.'],
  EIO: ['the disk reports an error', 'Check the disk; copy the file anew.'],
  EMFILE: ['too many files are open', 'Close other programs and try again.'],
  ENAMETOOLONG: ['its name is too long', 'Choose a shorter one.'],
};

/**
 * A failed file operation as a Problem.
 * @param doing what could not be done, as in "cannot {doing} {file}": `read`, `write`, …
 */
export function fileProblem(error: unknown, file: string, doing: string): Problem {
  if (error instanceof Problem) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const [why, next] = REASONS[code] ?? [error instanceof Error ? error.message : String(error), 'Try again.'];
  return new Problem(`Stillroom cannot ${doing} ${file}: ${why}.`, { where: file, next, cause: error });
}

/** @throws Problem where a file is a pipe or a device, which could be read for ever, or is not there */
export function requireOrdinary(file: string): void {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(file);
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  if (found.isFile() || found.isDirectory()) return;
  const next = 'Put an ordinary file in its place.';
  throw new Problem(`Stillroom cannot read ${file}: it is a pipe or a device.`, { where: file, next });
}

/** A file's bytes. @throws Problem where it cannot be read */
export function readBytes(file: string): Buffer {
  requireOrdinary(file);
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
}

let temporaries = 0;

/** A name beside `target` (so that a rename stays on one disk) that no other process or thread uses. */
export function temporaryBeside(target: string): string {
  const own = `${process.pid}-${Math.floor(Math.random() * 1e9).toString(36)}-${temporaries++}`;
  return path.join(path.dirname(target), `.${path.basename(target)}.${own}.tmp`);
}

/**
 * Writes a file whole or not at all, also through a crash or a power cut: temporary file in the same folder, fsync,
 * rename, fsync of the folder. Missing folders are made.
 * @throws Problem where it cannot be written; the old file is then untouched
 */
export function writeAtomic(file: string, data: Uint8Array | string): void {
  const temporary = temporaryBeside(file);
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const handle = openSync(temporary, 'wx');
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // What stopped the writing may stop the tidying; the first failure is the one to tell.
    }
    throw fileProblem(error, file, 'write');
  }
}

/** Makes a rename in this folder lasting. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** SHA-256 of bytes or text, in lower-case hex. */
export function sha256(...parts: (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** SHA-256 of a file of any size, in lower-case hex. @throws Problem where it cannot be read */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  return hash.digest('hex');
}
