/** What follows from edited label maps for the rest of the project: which items are changed, what is in them now. */
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import type { Database, WritableDatabase } from './database.ts';
import { pixelWriter } from './items.ts';
import { type StoredState, saveState } from './label-edits.ts';

/** Items whose label maps were edited since their pixels were counted. @param dataset null: of all data sets */
export function uncountedItems(database: Database, dataset: number | null): number[] {
  return database
    .prepare(
      `SELECT e.item FROM label_edits e JOIN items i ON i.id = e.item
       WHERE e.counted < e.sequence AND (@dataset IS NULL OR i.dataset = @dataset)`,
    )
    .pluck()
    .all({ dataset }) as number[];
}

/** Whether any label map of a data set was ever edited. */
export function hasEdits(database: Database, dataset: number): boolean {
  const found = database
    .prepare('SELECT 1 FROM label_edits e JOIN items i ON i.id = e.item WHERE i.dataset = ? LIMIT 1')
    .get(dataset);
  return found !== undefined;
}

/** What an item's label map holds after entry `at`. */
export interface LabelCounts {
  at: number;
  /** SHA-256 of the label map. */
  hash: string;
  /** Of each class. */
  pixels: number[];
  /** The whole label map, where it is to be kept. */
  state: Omit<StoredState, 'sequence'> | null;
}

/**
 * Writes what was counted. An item is changed where its label map differs from its source, and still fits its image.
 * @returns its data set
 */
export function saveLabelCounts(
  database: WritableDatabase,
  item: number,
  { at, hash, pixels, state }: LabelCounts,
): number {
  return database
    .transaction(() => {
      database.prepare('UPDATE label_edits SET counted = ?, hash = ? WHERE item = ?').run(at, hash, item);
      const { dataset, differs, fits } = database
        .prepare(
          `SELECT i.dataset, e.hash <> e.source_hash AS differs, e.width = i.width AND e.height = i.height AS fits
           FROM label_edits e JOIN items i ON i.id = e.item WHERE e.item = ?`,
        )
        .get(item) as { dataset: number; differs: number; fits: number };
      database.prepare('UPDATE items SET changed = ? WHERE id = ?').run(differs & fits, item);
      if (fits === 1) pixelWriter(database)(dataset, item, pixels);
      if (state) {
        saveState(database, item, { ...state, sequence: at });
        database.prepare('DELETE FROM label_states WHERE item = ? AND sequence > 0 AND sequence < ?').run(item, at);
      }
      return dataset;
    })
    .immediate();
}

/** The entry after which an item's whole label map was kept last. */
export function keptState(database: Database, item: number): number {
  return database.prepare('SELECT max(sequence) FROM label_states WHERE item = ?').pluck().get(item) as number;
}

/** The changed items of a data set, with the entry after which their label maps were counted, and their hashes then. */
export function changedItems(database: Database, dataset: number): { item: number; counted: number; hash: string }[] {
  return database
    .prepare(
      `SELECT i.id AS item, e.counted, e.hash FROM items i JOIN label_edits e ON e.item = i.id
       WHERE i.dataset = ? AND i.changed = 1`,
    )
    .all(dataset) as { item: number; counted: number; hash: string }[];
}

/** The names of all files in which jobs find the edited label maps of a project as they are now. */
export function correctedNames(database: Database, folder: string): Set<string> {
  const rows = database
    .prepare('SELECT e.item, e.hash FROM label_edits e JOIN items i ON i.id = e.item WHERE i.changed = 1')
    .all() as { item: number; hash: string }[];
  return new Set(rows.map(({ item, hash }) => path.basename(correctedFile(folder, item, hash))));
}

/**
 * The file in which jobs find an edited label map: an 8-bit PNG of classes.
 * @param folder of the project
 * @throws Problem where the hash is none: this would lead to any file
 */
export function correctedFile(folder: string, item: number, hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return path.join(folder, 'cache', 'labels', `${item}-${hash}.png`);
  throw new Problem(`What the project says of the label map of image ${item} is damaged.`, { where: folder });
}
