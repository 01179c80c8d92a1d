/** The history of edited label maps: a journal that is only added to, and whole label maps from which it is replayed. */
import type { HistoryEntry, LabelShape, ShapeChange } from '../contract/annotation.ts';
import { Problem } from '../contract/problem.ts';
import type { Database, WritableDatabase } from './database.ts';

/** What there is to edit of an item. */
export interface Editable {
  dataset: number;
  root: string;
  width: number;
  height: number;
  /** As in `FoundItem`. */
  labels: string | null;
}

/** @throws Problem where there is no such item, or its image cannot be read */
export function getEditable(database: Database, item: number): Editable {
  const row = database
    .prepare(
      `SELECT i.dataset, d.root, i.width, i.height, i.labels
       FROM items i JOIN datasets d ON d.id = i.dataset WHERE i.id = ?`,
    )
    .get(item) as Editable | undefined;
  if (!row) throw new Problem(`There is no image ${item} in this project.`, { next: 'Look at the list again.' });
  if (row.width > 0 && row.height > 0) return row;
  throw new Problem('An image that cannot be read cannot be annotated.', {
    next: 'Mend its file and import the data set again.',
  });
}

export interface LabelEdits {
  item: number;
  width: number;
  height: number;
  /** The item's labels when it was first edited. */
  labels: string | null;
  /** SHA-256 of what they were made of; '': there were none. */
  source: string;
  /** SHA-256 of the label map that they made; '': they could not be read. */
  sourceHash: string;
  /** The last entry of the journal. */
  sequence: number;
}

/** null: the item was never edited. */
export function getLabelEdits(database: Database, item: number): LabelEdits | null {
  const row = database
    .prepare(
      'SELECT item, width, height, labels, source, source_hash AS sourceHash, sequence FROM label_edits WHERE item = ?',
    )
    .get(item);
  return (row as LabelEdits | undefined) ?? null;
}

/** A whole label map as it is stored (labels/planes.ts). */
export interface StoredState {
  sequence: number;
  pixels: Uint8Array;
  shapes: LabelShape[];
}

/** What an item was like before its first edit. */
export interface EditsBegin extends Omit<LabelEdits, 'item' | 'sourceHash' | 'sequence'> {
  /** SHA-256 of the label map itself. */
  hash: string;
  state: Omit<StoredState, 'sequence'>;
}

export interface NewEntry {
  tool: string;
  /** The entry that this one undoes (`back`) or does again; null for a stroke. */
  of: number | null;
  back: boolean;
  pixels: number;
  patch: Uint8Array;
  shapes: ShapeChange[];
  /** When the work over many images began that this is a part of. */
  began?: string;
}

/**
 * Adds one entry to an item's journal, lasting when this returns.
 * @param known the last entry that whoever asks knows of
 * @param begin what the item was like, for its first entry; not looked at later
 * @returns the entry's sequence
 * @throws Problem where other entries have been added meanwhile
 */
export function addEntry(
  database: WritableDatabase,
  item: number,
  known: number,
  entry: NewEntry,
  begin: EditsBegin | null,
): number {
  return database
    .transaction(() => {
      const last = getLabelEdits(database, item)?.sequence ?? 0;
      if (last !== known) {
        throw new Problem('This label map was changed in another window since it was opened here.', {
          next: 'Open the image again; what was saved there is kept.',
        });
      }
      const at = new Date().toISOString();
      if (begin) beginEdits(database, item, begin, at);
      const sequence = last + 1;
      database
        .prepare(
          `INSERT INTO label_journal (item, sequence, at, tool, of, back, pixels, patch, shapes, began)
           VALUES (@item, @sequence, @at, @tool, @of, @back, @pixels, @patch, @shapes, @began)`,
        )
        .run({
          ...entry,
          item,
          sequence,
          at,
          back: entry.back ? 1 : 0,
          shapes: JSON.stringify(entry.shapes),
          began: entry.began ?? null,
        });
      database.prepare('UPDATE label_edits SET sequence = ?, changed_at = ? WHERE item = ?').run(sequence, at, item);
      database.prepare('UPDATE items SET changed = 1 WHERE id = ? AND changed = 0').run(item);
      return sequence;
    })
    .immediate();
}

function beginEdits(database: WritableDatabase, item: number, begin: EditsBegin, at: string): void {
  const { state, ...row } = begin;
  const { changes } = database
    .prepare(
      `INSERT INTO label_edits (item, width, height, labels, source, changed_at, hash, source_hash)
       VALUES (@item, @width, @height, @labels, @source, @at, @hash, @hash) ON CONFLICT (item) DO NOTHING`,
    )
    .run({ ...row, item, at });
  if (changes > 0) saveState(database, item, { ...state, sequence: 0 });
}

/** Keeps a whole label map, so that less has to be replayed. */
export function saveState(database: WritableDatabase, item: number, { sequence, pixels, shapes }: StoredState): void {
  database
    .prepare('INSERT OR REPLACE INTO label_states (item, sequence, pixels, shapes) VALUES (?, ?, ?, ?)')
    .run(item, sequence, pixels, JSON.stringify(shapes));
}

/** The newest whole label map up to an entry. */
export function stateBefore(database: Database, item: number, at: number): StoredState {
  const row = database
    .prepare(
      `SELECT sequence, pixels, shapes FROM label_states
       WHERE item = ? AND sequence <= ? ORDER BY sequence DESC LIMIT 1`,
    )
    .get(item, at) as { sequence: number; pixels: Buffer; shapes: string };
  return { ...row, shapes: JSON.parse(row.shapes) };
}

/** One entry's change; that of one that undoes or does again is its stroke's. */
export interface Change {
  patch: Uint8Array;
  shapes: ShapeChange[];
  back: boolean;
}

/** What the entries after `from` up to `to` did, in their order. */
export function* changesBetween(database: Database, item: number, from: number, to: number): Generator<Change> {
  const rows = database
    .prepare(
      `SELECT coalesce(o.patch, j.patch) AS patch, coalesce(o.shapes, j.shapes) AS shapes, j.back
       FROM label_journal j LEFT JOIN label_journal o ON o.item = j.item AND o.sequence = j.of
       WHERE j.item = ? AND j.sequence > ? AND j.sequence <= ? ORDER BY j.sequence`,
    )
    .iterate(item, from, to) as IterableIterator<{ patch: Buffer; shapes: string; back: number }>;
  for (const { patch, shapes, back } of rows) yield { patch, shapes: JSON.parse(shapes), back: back === 1 };
}

/** All entries of an item, oldest first. */
export function labelHistory(database: Database, item: number): HistoryEntry[] {
  return database
    .prepare('SELECT sequence, at, tool, of, pixels FROM label_journal WHERE item = ? ORDER BY sequence')
    .all(item) as HistoryEntry[];
}

/** The entries of the work of a tool over many images of a data set that was begun last. */
export function lastWork(database: Database, dataset: number, tool: string): { item: number; sequence: number }[] {
  return database
    .prepare(
      `WITH parts AS (
         SELECT j.item, j.sequence, j.began FROM label_journal j JOIN items i ON i.id = j.item
         WHERE j.began IS NOT NULL AND j.tool = @tool AND i.dataset = @dataset
       )
       SELECT item, sequence FROM parts WHERE began = (SELECT max(began) FROM parts) ORDER BY item`,
    )
    .all({ dataset, tool }) as { item: number; sequence: number }[];
}

/** @throws Problem where the item has no such entry */
export function getEntry(
  database: Database,
  item: number,
  sequence: number,
): { tool: string } & Change & { pixels: number } {
  const row = database
    .prepare('SELECT tool, pixels, patch, shapes, back FROM label_journal WHERE item = ? AND sequence = ?')
    .get(item, sequence) as { tool: string; pixels: number; patch: Buffer; shapes: string; back: number } | undefined;
  if (!row) {
    throw new Problem(`The history of this image has no entry ${sequence}.`, { next: 'Open the image again.' });
  }
  return { ...row, shapes: JSON.parse(row.shapes), back: row.back === 1 };
}

/** A label map's source as it is now; `source` and `hash` as in `EditsBegin`. */
export type SeenSource = Pick<EditsBegin, 'labels' | 'source' | 'hash'>;

/** Takes note of a source that whoever edits has seen, together with the entry that follows from it. */
export function sawSource(database: WritableDatabase, item: number, seen: SeenSource, entry: NewEntry | null): void {
  database
    .transaction(() => {
      if (entry) addEntry(database, item, getLabelEdits(database, item)?.sequence ?? 0, entry, null);
      database
        .prepare(
          `UPDATE label_edits SET labels = @labels, source = @source, source_hash = @hash, counted = 0
           WHERE item = @item`,
        )
        .run({ ...seen, item });
    })
    .immediate();
}
