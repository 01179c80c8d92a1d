/** What an exchange format is, and what all of them share. A new one is a file in `formats/` and a line in `registry.ts`. */
import path from 'node:path';
import type { LabelShape } from '../contract/annotation.ts';
import type { ClassInfo } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';

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
  /** Outlines of instances, and of ignored pixels. */
  shapes?: readonly OutlinedShape[];
}

/** A shape as in `LabelShape`, whose class may be IGNORE; one with a higher number lies over one with a lower. */
export type OutlinedShape = LabelShape;

export interface ExportDataset {
  name: string;
  classes: readonly ClassInfo[];
  /** All labelled items, each split's together. */
  items: readonly ExportItem[];
  /** How many of them have ignored pixels. */
  ignoring: number;
  /** Whether some of them may have instances or outlines. */
  shaped: boolean;
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

/** x, y, x, y, … as points. */
export function pairs(polygon: readonly number[]): [x: number, y: number][] {
  return Array.from({ length: polygon.length / 2 }, (_, i) => [polygon[2 * i], polygon[2 * i + 1]]);
}

/** JSON as it stands in a file. */
export function jsonFile(path: string, content: unknown): OutFile {
  return { path, data: `${JSON.stringify(content)}\n` };
}
