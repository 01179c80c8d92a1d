/** Indexing a data set: what the index holds about each item, found by decoding its files in worker threads. */
import { readBytes, sha256, writeAtomic } from '../base/files.ts';
import { inOrder, ThreadPool } from '../base/thread-pool.ts';
import type { DatasetProblem, FoundDataset, FoundItem } from '../contract/dataset.ts';
import { describe } from '../contract/problem.ts';
import { decodeImage, encodeThumbnail } from './codec.ts';
import { labelsFile, openLabels } from './label-source.ts';
import { fileInDataset, type LabelTable } from './layout.ts';
import { decodeSized, mapLabels } from './read-item.ts';

/** What is known of an item once its files have been read. */
export interface IndexedItem {
  key: string;
  /** Whether the image can be read; if not, width and height are 0 and the item can only be listed. */
  readable: boolean;
  width: number;
  height: number;
  /** Whether there is a label map that can be read and fits the image. */
  labelled: boolean;
  /** SHA-256 over the image's and the label map's bytes, as far as they could be read. */
  hash: string;
  /** Labelled pixels of each class. */
  pixels: number[];
  problems: DatasetProblem[];
}

/** A request to the thread (`indexer.thread.ts`), and what it answers. */
export type IndexRequest =
  | { kind: 'index'; root: string; item: FoundItem; table: LabelTable; classes: number }
  | { kind: 'thumbnail'; image: string; to: string };
export type IndexAnswer = IndexedItem | undefined;

/** Indexes one item. Never throws for what is in the files: that stands in `problems`. */
export function indexItem(root: string, item: FoundItem, table: LabelTable, classes: number): IndexedItem {
  const indexed: IndexedItem = {
    key: item.key,
    readable: false,
    width: 0,
    height: 0,
    labelled: false,
    hash: '',
    pixels: new Array<number>(classes).fill(0),
    problems: [],
  };
  const hashes: string[] = [];
  try {
    const imageFile = fileInDataset(root, item.image);
    const bytes = readBytes(imageFile);
    hashes.push(sha256(bytes));
    const image = decodeImage(bytes, imageFile);
    indexed.readable = true;
    indexed.width = image.width;
    indexed.height = image.height;
  } catch (error) {
    indexed.problems.push({ path: item.image, message: describe(error) });
  }
  if (item.labels !== null) {
    // What is drawn from an annotation file of many images belongs to its image.
    const path = labelsFile(item.labels) ?? item.image;
    try {
      indexLabels(root, item, item.labels, path, table, indexed, hashes);
    } catch (error) {
      indexed.problems.push({ path, message: describe(error) });
    }
  }
  indexed.hash = sha256(hashes.join('\n'));
  return indexed;
}

function indexLabels(
  root: string,
  item: FoundItem,
  text: string,
  path: string,
  table: LabelTable,
  indexed: IndexedItem,
  hashes: string[],
): void {
  const opened = openLabels(root, text);
  const { file } = opened;
  hashes.push(sha256(...opened.content));
  // Without an image there is nothing to label; its own problem has been told.
  if (!indexed.readable) return;
  const raw = decodeSized(opened, indexed, item.image);
  for (const note of raw.notes) {
    const about = path === item.image ? `${file}, ${item.image}` : file;
    indexed.problems.push({ path, message: `${about}: ${note}. Correct it and import again.` });
  }
  const { labels, outside } = mapLabels(raw, table);
  indexed.labelled = true;
  const counts = new Array<number>(256).fill(0);
  for (const label of labels) counts[label]++;
  indexed.pixels = counts.slice(0, indexed.pixels.length);
  if (outside.size > 0) {
    const values = [...outside.keys()].sort((a, b) => a - b);
    const shown = `${values.slice(0, 5).join(', ')}${values.length > 5 ? ', …' : ''}`;
    const count = [...outside.values()].reduce((sum, n) => sum + n, 0);
    const pixels = count === 1 ? '1 pixel' : `${count} pixels`;
    const kind = values.length === 1 ? `the label value ${shown}` : `the label values ${shown}`;
    indexed.problems.push({
      path,
      message:
        `${file} holds ${kind} (${pixels}), which no class of this data set has; these pixels are ignored. ` +
        'Correct the label map and import again.',
    });
  }
}

/** Makes an image's thumbnail (JPEG, longer side 256 pixels), whole or not at all. */
export function makeThumbnail(image: string, to: string): void {
  writeAtomic(to, encodeThumbnail(readBytes(image), image));
}

/** The threads that index items and make thumbnails. One serves a whole host; close it at the end. */
export class Indexer {
  readonly #pool: ThreadPool<IndexRequest, IndexAnswer>;

  /** @param threads number of threads; one for each core by default */
  constructor(threads?: number) {
    this.#pool = new ThreadPool(new URL('./indexer.thread.ts', import.meta.url), threads);
  }

  /**
   * Indexes all items of a data set, in their order.
   * @param signal stops between two items
   * @throws the signal's reason once it is aborted
   */
  async *index(dataset: FoundDataset, signal?: AbortSignal): AsyncGenerator<IndexedItem> {
    const { root, classes, table } = dataset;
    const request = (item: FoundItem): IndexRequest => ({ kind: 'index', root, item, table, classes: classes.length });
    const work = (item: FoundItem) => this.#pool.run(request(item)) as Promise<IndexedItem>;
    yield* inOrder(dataset.items, work, 2 * this.#pool.size, signal);
  }

  /**
   * Makes a thumbnail of an image file.
   * @param to where it is written (JPEG); missing folders are made
   * @throws Problem where the image cannot be read or the thumbnail cannot be written
   */
  async thumbnail(image: string, to: string): Promise<void> {
    await this.#pool.run({ kind: 'thumbnail', image, to });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** SHA-256 over a data set's keys and content hashes: the same files give the same hash wherever they lie. */
export function datasetHash(items: Iterable<{ key: string; hash: string }>): string {
  const lines = Array.from(items, ({ key, hash }) => `${key} ${hash}\n`).sort();
  return sha256(...lines);
}
