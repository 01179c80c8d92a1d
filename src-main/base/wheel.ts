/**
 * Taking single files out of a Python wheel (a zip archive) without unpacking the rest and without holding a file in
 * memory: the libraries inside are up to 800 MB. The wheel's hash was checked before, so it is no stranger's file.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';

/**
 * Writes the entries of a wheel for which `place` names a target; the target's folder is made.
 * @param place the entry's name, with forward slashes → where to write it, or undefined
 * @param progress called with the share of bytes written so far, 0 to 1
 * @returns the names of the entries written
 */
export async function unpackWheel(
  wheel: string,
  place: (name: string) => string | undefined,
  progress: (share: number) => void,
): Promise<string[]> {
  const zip = await openPromise(wheel, { autoClose: false, lazyEntries: true });
  try {
    const wanted: [entry: Entry, target: string][] = [];
    for await (const entry of zip.eachEntry()) {
      const target = place(entry.fileName);
      if (target) wanted.push([entry, target]);
    }
    const total = wanted.reduce((sum, [entry]) => sum + entry.uncompressedSize, 0);
    let written = 0;
    for (const [entry, target] of wanted) {
      await fsp.mkdir(path.dirname(target), { recursive: true });
      const source: Readable = await zip.openReadStreamPromise(entry);
      source.on('data', (piece: Buffer) => {
        written += piece.length;
        progress(written / total);
      });
      await pipeline(source, fs.createWriteStream(target));
    }
    return wanted.map(([entry]) => entry.fileName);
  } finally {
    zip.close();
  }
}
