/**
 * Stillroom's own layout, in which the sample is written: `dataset.json` with the name and the classes,
 * `images/SPLIT/NAME.png` and `labels/SPLIT/NAME.png`; label values are positions in the list of classes, 255 is ignore.
 * `instances/SPLIT/NAME.png`, where it is there, tells instances apart by numbers from 1 on, of 16 bits.
 */
import path from 'node:path';
import { z } from 'zod';
import { readBytes } from '../base/files.ts';
import { classInfo, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { Folders } from './annotations.ts';
import { labelsText } from './label-source.ts';
import { type Layout, listFolder, pairFiles, sortSplits } from './layout.ts';

/** The file that makes a folder one of this layout. */
export const DATASET_FILE = 'dataset.json';

/** Longer files are refused unread. */
const MAX_DATASET_FILE = 200_000;

export const datasetFile = z.strictObject({
  format: z.literal('stillroom-dataset'),
  version: z.literal(1),
  name: z.string().min(1).max(200),
  classes: z
    .array(classInfo)
    .min(2)
    .max(IGNORE)
    .refine((classes) => new Set(classes.map((one) => one.name)).size === classes.length, 'two classes have one name'),
  /** How the files came about, for the reader; the sample notes its generator's version and seed here. */
  origin: z.string().optional(),
});
export type DatasetFile = z.infer<typeof datasetFile>;

/** The content of a folder's `dataset.json`. @throws Problem where it is missing or wrong */
export function readDatasetFile(folder: string): DatasetFile {
  const file = path.join(folder, DATASET_FILE);
  const bytes = readBytes(file);
  let content: unknown;
  try {
    if (bytes.length > MAX_DATASET_FILE) throw new Error(`${bytes.length} bytes are too many`);
    content = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const why = (error as Error).message;
    throw new Problem(`${file} is not readable JSON: ${why}.`, { where: file, next: 'Mend the file.', cause: error });
  }
  const parsed = datasetFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  throw new Problem(`${file} is wrong${field}: ${issue.message}.`, { where: file, next: 'Mend the file.' });
}

export const stillroom: Layout = {
  name: 'stillroom',
  title: 'Stillroom',
  holds: 'a dataset.json with folders images and labels',
  match: (folder) => listFolder(folder).files.includes(DATASET_FILE),
  read(folder) {
    const { name, classes } = readDatasetFile(folder);
    if (!listFolder(folder).folders.includes('images')) {
      const next = 'Put the images into images/train, images/val, … there.';
      throw new Problem(`${folder} has a ${DATASET_FILE} but no folder images.`, { where: folder, next });
    }
    const { files, folders } = listFolder(path.join(folder, 'images'));
    const parts = sortSplits(folders).map((split) => pairFiles(folder, split, `images/${split}`, `labels/${split}`));
    const known = new Folders(folder);
    const stray = files.map((file) => ({
      path: `images/${file}`,
      message: `images/${file} was left out: it is in no split. Move it into images/train or another split's folder.`,
    }));
    return {
      name,
      classes,
      items: parts.flatMap((part) => part.items).map((item) => withInstances(item, known)),
      problems: [...stray, ...parts.flatMap((part) => part.problems)],
    };
  },
};

function withInstances(item: FoundItem, folders: Folders): FoundItem {
  const path = item.labels?.replace(/^labels/, 'instances');
  if (!item.labels || !path || !folders.has(path)) return item;
  return { ...item, labels: labelsText(item.labels, { kind: 'values' }, { kind: 'numbers', path }) };
}
