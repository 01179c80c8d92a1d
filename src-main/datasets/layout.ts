/** What a data set layout is, and what all layouts share: listing folders and pairing images with label maps. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import { type DatasetProblem, type FoundDataset, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import type { FillRule } from '../labels/rasterise.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';

/** Marks a label value that a layout gives no meaning to. */
export const OUTSIDE = 256;

/** For each value in a label file: its class, IGNORE, or OUTSIDE. A value beyond the table's end is OUTSIDE too. */
export type LabelTable = Uint16Array;

/**
 * What a folder says of its data set. Where it says no more, the folder's name is the data set's, and label values are
 * positions in the list of classes with 255 for what is ignored.
 */
export type FoundParts = Pick<FoundDataset, 'classes' | 'items' | 'problems'> & { name?: string; table?: LabelTable };

/** One way of laying a data set out on disk. A new one is a file beside this and a line in `registry.ts`. */
export interface Layout {
  /** The format's short lower-case name. */
  readonly name: string;
  /** Its name as people say it. */
  readonly title: string;
  /** What such a folder holds, to complete "Stillroom looks for …". */
  readonly holds: string;
  /** Which pixels its polygons hold; `area` unless given. */
  readonly rule?: FillRule;
  /** Whether the folder is laid out this way, from the names in it. */
  match(folder: string): boolean;
  /**
   * Reads the folder's structure; no image is opened. What is wrong with single files becomes `problems`.
   * @throws Problem where the whole cannot be used
   */
  read(folder: string): FoundParts;
}

/** A table in which 0 … classes − 1 are the classes, `ignored` is IGNORE, and all else is OUTSIDE. */
export function plainTable(classes: number, ignored: number): LabelTable {
  const table = new Uint16Array(256).fill(OUTSIDE);
  for (let value = 0; value < classes; value++) table[value] = value;
  table[ignored] = IGNORE;
  return table;
}

/** Files that systems and programs leave in folders; nobody wants to hear of them. */
const LITTER = /^(\..*|thumbs\.db|desktop\.ini|__macosx)$/i;

/** The names of the files and folders in a folder, sorted, without litter. @throws Problem where it cannot be read */
export function listFolder(folder: string): { files: string[]; folders: string[] } {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => !LITTER.test(entry.name));
    // A link counts as what it leads to.
    const isFolder = (name: string) => existsSync(path.join(folder, name, '.'));
    const folders = entries
      .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(entry.name)))
      .map((entry) => entry.name)
      .sort();
    const taken = new Set(folders);
    const files = entries
      .filter((entry) => !taken.has(entry.name))
      .map((entry) => entry.name)
      .sort();
    return { files, folders };
  } catch (error) {
    throw fileProblem(error, folder, 'read');
  }
}

/** Splits in the order in which people name them; others follow by name. */
export function sortSplits(splits: string[]): string[] {
  const known = ['train', 'val', 'test'];
  const rank = (split: string) => (known.includes(split) ? known.indexOf(split) : known.length);
  return [...splits].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * The items of one split: each image of a folder with the label map of the same name in another folder.
 * @param root the data set's folder
 * @param images the images' folder, relative to the root, with forward slashes
 * @param labels the label maps' folder likewise; where it is missing, every item is unlabelled
 */
export function pairFiles(
  root: string,
  split: string,
  images: string,
  labels: string,
): { items: FoundItem[]; problems: DatasetProblem[] } {
  const items: FoundItem[] = [];
  const problems: DatasetProblem[] = [];
  const maps = existsSync(path.join(root, labels)) ? byStem(root, labels, ['.png'], problems) : new Map();
  for (const [stem, file] of byStem(root, images, IMAGE_EXTENSIONS, problems)) {
    const map = maps.get(stem);
    maps.delete(stem);
    items.push({
      key: `${split}/${stem}`,
      split,
      image: `${images}/${file}`,
      labels: map === undefined ? null : `${labels}/${map}`,
    });
  }
  for (const file of maps.values()) {
    const name = `${labels}/${file}`;
    problems.push({
      path: name,
      message: `${name} is a label map without an image: there is no image of that name in ${images}. Add the image or remove the label map.`,
    });
  }
  return { items, problems };
}

/** File names by stem; what is of another type or has the name of another is a problem. */
function byStem(
  root: string,
  folder: string,
  extensions: readonly string[],
  problems: DatasetProblem[],
): Map<string, string> {
  const found = new Map<string, string>();
  const { files, folders } = listFolder(path.join(root, folder));
  for (const name of folders) {
    const inner = `${folder}/${name}`;
    problems.push({ path: inner, message: `${inner} is a folder inside a split and was not read. Move its files up.` });
  }
  for (const file of files) {
    const name = `${folder}/${file}`;
    const extension = path.extname(file).toLowerCase();
    const stem = file.slice(0, file.length - extension.length);
    const other = found.get(stem);
    if (!extensions.includes(extension)) {
      const kinds = extensions.map((known) => known.slice(1)).join(', ');
      problems.push({
        path: name,
        message: `${name} was left out: only ${kinds} files are read here. Convert it or remove it.`,
      });
    } else if (other !== undefined) {
      problems.push({
        path: name,
        message: `${name} was left out: ${folder}/${other} has the same name. Rename or remove one of them.`,
      });
    } else found.set(stem, file);
  }
  return found;
}

/**
 * Where a file of a data set lies.
 * @param relative path from the root, with forward slashes
 * @throws Problem where it leads out of the data set's folder
 */
export function fileInDataset(root: string, relative: string): string {
  const file = path.resolve(root, relative);
  const way = path.relative(root, file);
  if (way === '' || way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way)) {
    const next = 'Import the data set again.';
    throw new Problem(`${relative} leads out of the data set's folder ${root}.`, { where: root, next });
  }
  return file;
}
