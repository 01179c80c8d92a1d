/**
 * Reading a data set into the project: the folder is read and its files are decoded in threads, and the host's own
 * thread only writes what they found, in short batches.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../base/files.ts';
import type { ClassInfo, DatasetProblem, FoundDataset, FoundItem } from '../contract/dataset.ts';
import { IGNORE } from '../contract/dataset.ts';
import type { Reading } from '../contract/preview.ts';
import { Problem } from '../contract/problem.ts';
import { Indexer } from '../datasets/index-items.ts';
import { labelsFile } from '../datasets/label-source.ts';
import { plain } from '../datasets/plain.ts';
import { fittingLayouts, openDataset } from '../datasets/registry.ts';
import { openForReading } from '../store/database.ts';
import { countDataset, type DatasetTotals, findDataset, foundClasses, labelValues } from '../store/datasets.ts';
import { anyLabelledItem, type ItemRecord, knownItems } from '../store/items.ts';
import { hasEdits } from '../store/label-counts.ts';

/** Records in one answer, and so in one transaction of the host. */
const BATCH = 32;
/** Files that are asked for their size and time at once. */
const STATS = 32;

/** What the user may say of a folder to import; null: as before, or the folder's own. */
export interface Asked {
  name: string | null;
  reading: Reading | null;
  /** Other names and colours for the classes. */
  classes: ClassInfo[] | null;
}

/** What the project knows of a folder. `reading` is null where the layouts can tell it. */
export interface Recalled {
  name: string | null;
  reading: Reading | null;
  /** Its classes as the folder had them, and as the user calls them. */
  classes: { found: ClassInfo[]; own: ClassInfo[] } | null;
}

/** What the thread is asked, in this order: open once, next until it says that it is done, totals once. */
export type ImportRequest =
  | ({ kind: 'open'; folder: string; database: string } & Asked)
  | { kind: 'next' }
  | { kind: 'totals'; dataset: number };

export type ImportAnswer =
  | {
      kind: 'opened';
      name: string;
      layout: string;
      root: string;
      classes: ClassInfo[];
      found: ClassInfo[];
      values: number[];
      items: number;
    }
  | { kind: 'batch'; records: ItemRecord[]; done: number }
  | { kind: 'end'; problems: DatasetProblem[]; gone: string[] }
  | { kind: 'totals'; totals: DatasetTotals };

/** One import, as its thread goes through it. */
export class Import {
  private readonly database: string;
  private readonly dataset: FoundDataset;
  private readonly classes: ClassInfo[];
  private readonly values: number[];
  private readonly known: Map<string, { hash: string; stamp: string }>;
  private readonly oldProblems: Map<string, DatasetProblem[]>;
  private readonly problems: DatasetProblem[];
  private readonly batches: AsyncGenerator<ItemRecord[]>;
  private done = 0;

  /**
   * @param folder of the data set
   * @param database the project's, read for what is known from an earlier import of the same folder
   * @throws Problem where the folder holds no data set (see openDataset), or other classes than were asked for
   */
  constructor(folder: string, database: string, asked: Asked) {
    this.database = database;
    const before = recalled(database, folder);
    const dataset = inFormerOrder(database, openDataset(folder, asked.reading ?? before.reading));
    this.dataset = { ...dataset, name: asked.name ?? before.name ?? dataset.name };
    if (asked.classes && asked.classes.length !== dataset.classes.length) {
      const message = `${folder} has ${dataset.classes.length} classes now, not ${asked.classes.length}.`;
      throw new Problem(message, { where: folder, next: 'Open it again.' });
    }
    this.classes = asked.classes ?? ownClasses(dataset.classes, before);
    this.values = labelValuesOf(this.dataset);
    this.problems = [...this.dataset.problems];
    const old = this.before();
    this.known = old.known;
    this.oldProblems = Map.groupBy(old.problems, (problem) => problem.path);
    this.batches = this.read();
  }

  opened(): ImportAnswer {
    const { name, layout, root, classes: found, items } = this.dataset;
    const { classes, values } = this;
    return { kind: 'opened', name, layout, root, classes, found, values, items: items.length };
  }

  async next(): Promise<ImportAnswer> {
    const { value: records } = await this.batches.next();
    if (records) return { kind: 'batch', records, done: this.done };
    const kept = new Set(this.dataset.items.map((item) => item.key));
    const gone = [...this.known.keys()].filter((key) => !kept.has(key));
    // What the reader says of an item's file stands among the old problems as well.
    const told = new Map(this.problems.map((problem) => [`${problem.path}\n${problem.message}`, problem]));
    return { kind: 'end', problems: [...told.values()], gone };
  }

  totals(dataset: number): ImportAnswer {
    const database = openForReading(this.database);
    try {
      return { kind: 'totals', totals: countDataset(database, dataset) };
    } finally {
      database.close();
    }
  }

  /** What an earlier import of the same folder found, as far as it still holds. */
  private before(): { known: Map<string, { hash: string; stamp: string }>; problems: DatasetProblem[] } {
    const database = openForReading(this.database);
    try {
      const old = findDataset(database, this.dataset.root);
      const { classes } = this.dataset;
      const same =
        old &&
        JSON.stringify(foundClasses(database, old.id)) === JSON.stringify(classes) &&
        JSON.stringify(labelValues(database, old.id)) === JSON.stringify(this.values);
      if (!old) return { known: new Map(), problems: [] };
      const known = knownItems(database, old.id);
      // With other classes everything is counted anew, but what is gone must still be found.
      if (!same) for (const item of known.values()) item.stamp = '';
      return { known, problems: old.problems };
    } finally {
      database.close();
    }
  }

  private async *read(): AsyncGenerator<ItemRecord[]> {
    const { root, items } = this.dataset;
    const changed: { item: FoundItem; stamp: string }[] = [];
    for (let from = 0; from < items.length; from += STATS) {
      const some = items.slice(from, from + STATS);
      const stamps = await Promise.all(some.map((item) => stampOf(root, item)));
      some.forEach((item, i) => {
        const known = this.known.get(item.key);
        if (known && known.stamp === stamps[i]) {
          for (const file of [item.image, item.labels && labelsFile(item.labels)]) {
            this.problems.push(...(this.oldProblems.get(file ?? '') ?? []));
          }
        } else changed.push({ item, stamp: stamps[i] });
      });
    }
    this.done = items.length - changed.length;
    if (changed.length > 0) yield* this.index(changed);
  }

  private async *index(changed: { item: FoundItem; stamp: string }[]): AsyncGenerator<ItemRecord[]> {
    const indexer = new Indexer();
    try {
      let batch: ItemRecord[] = [];
      let n = 0;
      for await (const found of indexer.index({ ...this.dataset, items: changed.map((one) => one.item) })) {
        const { item, stamp } = changed[n++];
        this.problems.push(...found.problems);
        const { width, height, hash, pixels } = found;
        const labels = found.labelled ? item.labels : null;
        batch.push({ key: item.key, split: item.split, image: item.image, labels, width, height, hash, stamp, pixels });
        this.done += 1;
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    } finally {
      await indexer.close();
    }
  }
}

/** What the project in this database knows of a folder. */
export function recalled(database: string, root: string): Recalled {
  const project = openForReading(database);
  try {
    const before = findDataset(project, root);
    if (!before) return { name: null, reading: null, classes: null };
    const { name, layout } = before;
    const found = foundClasses(project, before.id);
    const classes = { found, own: before.classes };
    const fitting = fittingLayouts(root).map((one) => one.name);
    if (fitting.includes(layout)) return { name, reading: { layout }, classes };
    const item = anyLabelledItem(project, before.id);
    if (layout !== plain.name || fitting.length > 0 || !item) return { name, reading: null, classes };
    // Two folders of any names, as the user named them.
    const [images, labels] = [item.image, item.labels].map((file) => file.slice(0, file.indexOf('/')));
    return { name, reading: { images, labels, classes: found.map((one) => one.name) }, classes };
  } finally {
    project.close();
  }
}

/**
 * A data set whose label maps were edited keeps the order of its classes, for what was edited is kept by their numbers:
 * new ones come after them, and those that the folder no longer names stay.
 * @throws Problem where these are more classes than a label map can tell apart
 */
export function inFormerOrder(database: string, found: FoundDataset): FoundDataset {
  const project = openForReading(database);
  try {
    const before = findDataset(project, found.root);
    if (!before || !hasEdits(project, before.id)) return found;
    const now = new Map(found.classes.map((one) => [one.name, one]));
    const former = foundClasses(project, before.id);
    const known = new Set(former.map(({ name }) => name));
    const classes = [
      ...former.map((one) => now.get(one.name) ?? one),
      ...found.classes.filter(({ name }) => !known.has(name)),
    ];
    if (classes.length > IGNORE) {
      throw new Problem(`With its former classes, this data set has ${classes.length}; ${IGNORE} is the most.`, {
        where: found.root,
        next: 'Import a copy of the folder: label maps that were edited here keep the classes of then.',
      });
    }
    const place = new Map(classes.map(({ name }, c) => [name, c]));
    const places = found.classes.map(({ name }) => place.get(name)!);
    return { ...found, classes, table: found.table.map((value) => places[value] ?? value) };
  } finally {
    project.close();
  }
}

/** A folder's classes as the user calls them: those that it has as it had them then. */
export function ownClasses(found: ClassInfo[], { classes }: Pick<Recalled, 'classes'>): ClassInfo[] {
  if (!classes) return found;
  const own = new Map(classes.found.map((one, i) => [JSON.stringify(one), classes.own[i]]));
  const all = found.map((one) => own.get(JSON.stringify(one)) ?? one);
  // A new class may have the name that the user gave to another.
  return new Set(all.map((one) => one.name)).size === all.length ? all : found;
}

/** Class of each label value of a data set; a value that means nothing counts as ignore. */
export function labelValuesOf(dataset: FoundDataset): number[] {
  return Array.from(dataset.table, (value) => (value < dataset.classes.length ? value : IGNORE));
}

/** Names, sizes and times of an item's files, and how its label map is made: while they stay, so does the content. */
async function stampOf(root: string, item: FoundItem): Promise<string> {
  const parts = [item.image, item.labels && labelsFile(item.labels)].map(async (file) => {
    if (file === null) return '';
    const found = await stat(path.join(root, file)).catch(() => null);
    return `${file} ${found?.size ?? 0} ${found?.mtimeMs ?? 0}`;
  });
  const made = item.labels?.includes('\n') ? [sha256(item.labels)] : [];
  return [...(await Promise.all(parts)), ...made].join('\n');
}
