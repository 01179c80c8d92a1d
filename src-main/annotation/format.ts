/** What an exchange format is, and what all of them share. A new one is a file in `formats/` and a line in `registry.ts`. */
import path from 'node:path';
import type { ClassInfo } from '../contract/dataset.ts';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { type ObjectRegion, objectsOfRegions, regionsOf } from '../labels/regions.ts';

/** A labelled image of the data set. */
export interface ExportItem {
  split: string;
  /** Its name in the split, without an extension; folders are kept, with forward slashes. */
  name: string;
  /** The image's extension, with its dot. */
  extension: string;
}

/** An item with its label map: `height·width` values, each a class or IGNORE. */
export interface LabelledItem extends ExportItem {
  width: number;
  height: number;
  labels: Uint8Array;
  /** The instance of each pixel, 0: none; absent where no instances are told apart. */
  instances?: Uint16Array | null;
}

export interface ExportDataset {
  name: string;
  classes: readonly ClassInfo[];
  /** All labelled items, each split's together. */
  items: readonly ExportItem[];
  /** How many of them have ignored pixels. */
  ignoring: number;
}

/** A file to write: its path in the export's folder, with forward slashes, and its content. */
export interface OutFile {
  path: string;
  data: Uint8Array | string;
}

/** One export: the files of each item as they come, then those that tell of all. Nothing is written by itself. */
export interface FormatWriter {
  item(item: LabelledItem): OutFile[];
  end(): OutFile[];
}

export interface ExportFormat {
  /** Its short name, by which the command line knows it. */
  readonly name: string;
  /** Its name as people say it. */
  readonly title: string;
  /**
   * What this format cannot hold of the data set and what becomes of it, as sentences; empty where it holds all.
   * @throws Problem where the data set cannot be written in it at all
   */
  notes(dataset: ExportDataset): string[];
  /** Where an item's image belongs, for those who copy it. */
  image(item: ExportItem, dataset: ExportDataset): string;
  writer(dataset: ExportDataset): FormatWriter;
}

/** An item's instances, and of what is in none the connected regions of each class; ignored pixels are in none. */
export function objectsOf({ labels, width, height, instances }: LabelledItem): ObjectRegion[] {
  return objectsOfRegions(regionsOf(labels, width, height, instances).filter((region) => region.label !== IGNORE));
}

/** What is to be said of formats that hold objects in place of a label map. */
export function objectNotes(dataset: ExportDataset): string[] {
  const notes = [
    'Instances are written as objects by their pixels, without the corners of their outlines.',
    'Where label maps tell classes only, every connected region of a class becomes an object of its own.',
  ];
  const count = dataset.ignoring === 1 ? '1 image has' : `${dataset.ignoring} images have`;
  if (dataset.ignoring > 0) {
    notes.push(
      `${count} ignored pixels, which this format does not know: no object covers them, and most programs take that for background.`,
    );
  }
  return notes;
}

/** Whether some item lies in a folder of its split. */
export function isNested(dataset: ExportDataset): boolean {
  return dataset.items.some((item) => item.name.includes('/'));
}

/** Items by split, in the data set's order. */
export function bySplit<Item extends ExportItem>(items: readonly Item[]): Map<string, Item[]> {
  return Map.groupBy(items, (item) => item.split);
}

/** A path of parts, of which empty ones fall away. */
export function joined(...parts: string[]): string {
  return path.posix.join(...parts);
}

/**
 * Refuses class names that a format cannot write.
 * @param wrong matches what may not be in a name
 * @param what names it: "a colon"
 */
export function requireNames(format: string, classes: readonly ClassInfo[], wrong: RegExp, what: string): void {
  const bad = classes.find(({ name }) => wrong.test(name));
  if (!bad) return;
  throw new Problem(`${format} cannot hold the class name “${bad.name}”, for there is ${what} in it.`, {
    next: 'Rename the class, or choose another format.',
  });
}

/** JSON as it stands in a file. */
export function jsonFile(path: string, content: unknown): OutFile {
  return { path, data: `${JSON.stringify(content)}\n` };
}
