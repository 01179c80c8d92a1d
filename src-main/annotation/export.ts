/** Writing a data set's annotations in another format: image by image into a temporary folder, renamed at the end. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { fileProblem, syncFolder, writeAtomic } from '../base/files.ts';
import type { FoundItem } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { fileInDataset, type LabelTable } from '../datasets/layout.ts';
import { type ItemFiles, readItem } from '../datasets/read-item.ts';
import type { ExportDataset, ExportFormat, ExportItem, FormatWriter, LabelledItem, OutFile } from './format.ts';

/** A data set as the project knows it. */
export interface ExportSource {
  root: string;
  table: LabelTable;
  dataset: ExportDataset;
  /** Where the files of the data set's items are, in the same order. */
  files: readonly ItemFiles[];
  /** What an item holds beside the class of each pixel, by its place. */
  instances(index: number): ExportInstances;
}

export type ExportInstances = Pick<LabelledItem, 'instances' | 'shapes'>;

/** An item as formats see it. @param key with the split as its first part, where it has one */
export function exportItem({ key, split, image }: Pick<FoundItem, 'key' | 'split' | 'image'>): ExportItem {
  const name = split !== '' && key.startsWith(`${split}/`) ? key.slice(split.length + 1) : key;
  return { split, name, extension: path.posix.extname(image) };
}

/** One export, step by step. Call `next` until it answers null, or `abandon`. */
export class Export {
  private readonly source: ExportSource;
  private readonly format: ExportFormat;
  private readonly target: string;
  private readonly images: boolean;
  private readonly made: string;
  private readonly writer: FormatWriter;
  private readonly written = new Set<string>();
  private done = 0;

  /**
   * @param folder a new one, or one that is there and empty
   * @param images copy the images too
   * @throws Problem where the folder holds something or lies in the data set, or the format cannot hold the data set
   */
  constructor(source: ExportSource, format: ExportFormat, folder: string, images: boolean) {
    this.source = source;
    this.format = format;
    this.images = images;
    format.notes(source.dataset);
    this.target = freeFolder(folder, source.root);
    this.made = unfinishedBeside(this.target);
    this.writer = format.writer(source.dataset);
    try {
      dropLeftovers(path.dirname(this.target));
      mkdirSync(this.made, { recursive: true });
    } catch (error) {
      throw fileProblem(error, this.target, 'write');
    }
  }

  /**
   * Writes the next item; after the last of them what tells of all, and gives the folder its name.
   * @returns how many items are written; null: all is done
   * @throws Problem where a file cannot be read or written; nothing is left then
   */
  next(): number | null {
    try {
      if (this.done < this.source.files.length) {
        this.item(this.done);
        return ++this.done;
      }
      for (const file of this.writer.end()) this.write(file);
      if (existsSync(this.target)) rmdirSync(this.target);
      renameSync(this.made, this.target);
      syncFolder(path.dirname(this.target));
      return null;
    } catch (error) {
      this.abandon();
      throw fileProblem(error, this.target, 'write');
    }
  }

  /** Takes away what was written. */
  abandon(): void {
    rmSync(this.made, { recursive: true, force: true });
  }

  private item(index: number): void {
    const { root, table, dataset, files } = this.source;
    const item = dataset.items[index];
    const { image, labels } = readItem(root, files[index], table);
    if (!labels) throw new Problem(`${files[index].image} has no label map any more.`, { next: 'Import it again.' });
    const { width, height } = image;
    for (const file of this.writer.item({ ...item, width, height, labels, ...this.source.instances(index) })) {
      this.write(file);
    }
    if (!this.images) return;
    const to = this.place(this.format.image(item, dataset));
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(fileInDataset(root, files[index].image), to);
  }

  private write({ path: relative, data }: OutFile): void {
    writeAtomic(this.place(relative), data);
  }

  /** @throws Problem where a path leads out of the folder, or was written before */
  private place(relative: string): string {
    const to = fileInDataset(this.made, relative);
    if (this.written.has(to)) {
      throw new Problem(`Two images come to one file in ${this.format.title}: ${relative}.`, {
        next: 'Rename one of them, or choose another format.',
      });
    }
    this.written.add(to);
    return to;
  }
}

let exports = 0;

/** Which machine an unfinished export is of: a folder may be shared by several. */
const MACHINE = hostname().replace(/[^A-Za-z0-9]/g, '_');

/** What an export is called until it is whole. */
function unfinishedBeside(target: string): string {
  const own = `${MACHINE}-${process.pid}-${exports++}`;
  return path.join(path.dirname(target), `.${path.basename(target)}.${own}.export`);
}

/** Takes away the unfinished exports of processes that were killed. */
function dropLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const [, machine, pid] = /^\..+\.([^.]+)-(\d+)-\d+\.export$/.exec(entry.name) ?? [];
    if (entry.isDirectory() && machine === MACHINE && !isRunning(Number(pid))) {
      rmSync(path.join(folder, entry.name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The real path of a folder to write, whose parents may have to be made. */
function freeFolder(folder: string, root: string): string {
  const target = path.resolve(folder);
  try {
    if (existsSync(target) && readdirSync(target).length > 0) {
      throw new Problem(`${target} is not empty.`, { where: target, next: 'Choose an empty or a new folder.' });
    }
    let there = target;
    while (!existsSync(there)) there = path.dirname(there);
    const real = path.join(realpathSync(there), path.relative(there, target));
    const way = path.relative(realpathSync(root), real);
    if (way === '' || !(way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way))) {
      throw new Problem(`${target} lies in the data set itself, which Stillroom never changes.`, {
        where: target,
        next: 'Choose a folder outside of it.',
      });
    }
    return real;
  } catch (error) {
    throw fileProblem(error, target, 'write');
  }
}
