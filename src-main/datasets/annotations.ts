/** What the readers of annotation files share: JSON of any size and kind, image paths, splits, and lists of classes. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { fileProblem, readBytes, requireOrdinary } from '../base/files.ts';
import { type ClassInfo, type DatasetProblem, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { describe, Problem } from '../contract/problem.ts';
import { vocColour } from './classes/voc.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import { fileInDataset, sortSplits } from './layout.ts';

/** Longer annotation files are refused unread: a string in this language ends soon after. */
export const MAX_ANNOTATION_FILE = 500_000_000;

const MEND = 'Mend it, or export it anew from the tool that it came from.';

/** @throws Problem where the file is too long or cannot be read */
export function readText(root: string, relative: string): string {
  const file = fileInDataset(root, relative);
  const bytes = readBytes(file);
  if (bytes.length > MAX_ANNOTATION_FILE) {
    const next = 'Split it into several.';
    throw new Problem(`${file} is too long to be read: ${Math.round(bytes.length / 1e6)} MB.`, { where: file, next });
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** The first bytes of a file, which tell its kind however long it is. @throws Problem where it cannot be read */
export function readStart(root: string, relative: string, length: number): string {
  const file = fileInDataset(root, relative);
  requireOrdinary(file);
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(length);
      return bytes.toString('utf8', 0, readSync(handle, bytes));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
}

/** A JSON file that has to have this form. @throws Problem where it has not */
export function readJson<T>(root: string, relative: string, form: z.ZodType<T>): T {
  const text = readText(root, relative);
  const file = path.join(root, relative);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    throw new Problem(`${file} is not readable JSON: ${why}.`, { where: file, next: MEND, cause: error });
  }
  const parsed = form.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Problem(`${file} is wrong: ${fault(parsed.error)}.`, { where: file, next: MEND });
}

/** The first fault that zod found, as "at shapes.3.points: …". */
export function fault(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue.path.length > 0 ? `at ${issue.path.join('.')}: ` : ''}${issue.message}`;
}

/** Problems of one file that are told one by one: a damaged file may have one for each record. */
const MAX_TOLD = 200;

/** Problems of a data set, collected while reading goes on. */
export class Problems {
  private readonly told: DatasetProblem[] = [];
  private readonly counts = new Map<string, number>();

  add(where: string, message: string): void {
    const count = (this.counts.get(where) ?? 0) + 1;
    this.counts.set(where, count);
    if (count <= MAX_TOLD) this.told.push({ path: where, message });
  }

  /** In the order in which they were found; of one file, so many of them and how many more there are. */
  get list(): DatasetProblem[] {
    const more = [...this.counts].filter(([, count]) => count > MAX_TOLD);
    return [
      ...this.told,
      ...more.map(([path, count]) => ({ path, message: `${path} has ${count - MAX_TOLD} more problems like these.` })),
    ];
  }

  /** What `work` returns; undefined where it threw a Problem, which is kept. */
  try<T>(where: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.add(where, describe(error));
      return undefined;
    }
  }
}

/** Files of a data set, each folder listed once. */
export class Folders {
  private readonly root: string;
  private readonly known = new Map<string, ReadonlySet<string>>();

  constructor(root: string) {
    this.root = root;
  }

  /** Names of files and folders in a folder (relative to the root, '' for the root); none where there is no such. */
  names(folder: string): ReadonlySet<string> {
    let names = this.known.get(folder);
    if (!names) {
      try {
        names = new Set(readdirSync(folder === '' ? this.root : fileInDataset(this.root, folder)).sort());
      } catch {
        names = new Set();
      }
      this.known.set(folder, names);
    }
    return names;
  }

  has(file: string): boolean {
    const at = file.lastIndexOf('/');
    return this.names(file.slice(0, Math.max(at, 0))).has(file.slice(at + 1));
  }

  isFolder(folder: string): boolean {
    try {
      return this.has(folder) && statSync(path.join(this.root, folder)).isDirectory();
    } catch {
      return false;
    }
  }

  /**
   * The first of these folders in which a file lies that an annotation names, with the path relative to the root;
   * null where there is none or the name leads out of the root.
   */
  find(name: string, folders: readonly string[]): string | null {
    for (const folder of folders) {
      const file = inside(folder, name);
      if (file !== null && this.has(file)) return file;
    }
    return null;
  }

  /** All image files in a folder, by name. */
  images(folder: string): string[] {
    return [...this.names(folder)].filter((name) => isImage(name) && !name.startsWith('.'));
  }
}

export function isImage(name: string): boolean {
  return IMAGE_EXTENSIONS.includes(path.posix.extname(name).toLowerCase());
}

/** A file name without its ending, folders kept. */
export function stemOf(name: string): string {
  return name.slice(0, name.length - path.posix.extname(name).length);
}

/** A path as a tool on any system writes it, seen from a folder, as a path from the root; null where it leads out. */
export function inside(folder: string, name: string): string | null {
  const slashes = name.replaceAll('\\', '/');
  if (slashes === '' || slashes.includes('\0') || slashes.includes('\n')) return null;
  if (slashes.startsWith('/') || /^[a-z]:/i.test(slashes)) return null;
  const whole = path.posix.normalize(folder === '' ? slashes : `${folder}/${slashes}`);
  return whole === '.' || whole === '..' || whole.startsWith('../') ? null : whole;
}

const SPLITS = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** The split that a folder, file or subset names: `train2017` and `Training` are `train`; other words stay as they are. */
export function splitOf(name: string): string {
  const word = name.toLowerCase().replace(/[_-]?(19|20)\d\d$/, '');
  return SPLITS.get(word) ?? name;
}

/** Whether a name is one of a split that people commonly make. */
export function isSplit(name: string): boolean {
  return SPLITS.has(splitOf(name));
}

/** Where nothing says which split an image is in. */
export const ONE_SPLIT = 'train';

/** Items with those of each split together, in the order of splits; of several with one key the first is kept. */
export function uniqueItems(unsorted: readonly FoundItem[], problems: Problems): FoundItem[] {
  const order = sortSplits([...new Set(unsorted.map((item) => item.split))]);
  const items = unsorted.toSorted((a, b) => order.indexOf(a.split) - order.indexOf(b.split));
  const found = new Map<string, FoundItem>();
  for (const item of items) {
    const other = found.get(item.key);
    if (!other) found.set(item.key, item);
    else {
      const message = `${item.image} was left out: ${other.image} is the image ${item.key} already. Rename one of them.`;
      problems.add(item.image, message);
    }
  }
  return [...found.values()];
}

/**
 * Classes of these names; those without a colour get one of Pascal VOC's colour map.
 * @throws Problem where there are more than a label map can hold
 */
export function namedClasses(names: readonly string[], root: string, colours?: ClassInfo['color'][]): ClassInfo[] {
  if (names.length > IGNORE) {
    const next = `Keep at most ${IGNORE}.`;
    throw new Problem(`${root} has ${names.length} classes, more than a label map can hold.`, { where: root, next });
  }
  return names.map((name, i) => ({ name, color: colours?.[i] ?? vocColour(i) }));
}

/** "1 line", "3 lines": what was counted, for a problem. */
export function counted(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, n]) => `${n} ${what}${n === 1 || what.endsWith('s') ? '' : 's'}`).join(', ');
}
