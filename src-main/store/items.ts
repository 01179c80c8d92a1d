/** Items of data sets: written in batches, and one by one what is known of them. Lists of them: `item-query.ts`. */
import type { ItemDetail } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import type { Database, WritableDatabase } from './database.ts';
import { tagsOfItem } from './tags.ts';

export interface ItemRecord {
  key: string;
  split: string;
  image: string;
  labels: string | null;
  width: number;
  height: number;
  /** SHA-256 of the item's content. */
  hash: string;
  /** Sizes and times of its files: while they stay, the content is taken to be the same. */
  stamp: string;
  /** Pixels of each class. */
  pixels: number[];
}

/**
 * Writes one batch in one transaction. An item that is there by its key keeps its number, and its edited label map, which
 * is then to be counted anew.
 */
export function saveItems(database: WritableDatabase, dataset: number, records: ItemRecord[]): void {
  const upsert = database
    .prepare(
      `INSERT INTO items (dataset, key, split, image, labels, width, height, hash, stamp)
       VALUES (@dataset, @key, @split, @image, @labels, @width, @height, @hash, @stamp)
       ON CONFLICT (dataset, key) DO UPDATE SET split = excluded.split, image = excluded.image,
         labels = excluded.labels, width = excluded.width, height = excluded.height, hash = excluded.hash,
         stamp = excluded.stamp, gone = 0
       RETURNING id`,
    )
    .pluck();
  const writePixels = pixelWriter(database);
  const recount = database
    .prepare('UPDATE label_edits SET counted = 0 WHERE item = @id RETURNING width = @width AND height = @height')
    .pluck();
  const unchange = database.prepare('UPDATE items SET changed = 0 WHERE id = ?');
  database.transaction(() => {
    for (const { pixels, ...record } of records) {
      const id = upsert.get({ dataset, ...record }) as number;
      const fits = recount.get({ id, width: record.width, height: record.height });
      if (fits === 0) unchange.run(id);
      if (fits !== 1) writePixels(dataset, id, pixels);
    }
  })();
}

/** What writes how many pixels of each class an item has, in place of what was written before. */
export function pixelWriter(
  database: WritableDatabase,
): (dataset: number, item: number, pixels: readonly number[]) => void {
  const clear = database.prepare('DELETE FROM item_classes WHERE item = ?');
  const count = database.prepare(
    'INSERT INTO item_classes (dataset, class, item, pixels, share) VALUES (?, ?, ?, ?, ?)',
  );
  return (dataset, item, pixels) => {
    const labelled = pixels.reduce((sum, n) => sum + n, 0);
    clear.run(item);
    pixels.forEach((n, c) => {
      if (n > 0) count.run(dataset, c, item, n, n / labelled);
    });
  };
}

/** What is known of a data set's items from the last time, by key. */
export function knownItems(database: Database, dataset: number): Map<string, { hash: string; stamp: string }> {
  const rows = database.prepare('SELECT key, hash, stamp FROM items WHERE dataset = ?').raw().all(dataset);
  return new Map((rows as [string, string, string][]).map(([key, hash, stamp]) => [key, { hash, stamp }]));
}

/**
 * Takes out the items whose keys the folder no longer has, and what was measured on them.
 * @returns the images of those that stay because their label maps were edited
 */
export function dropItems(database: WritableDatabase, dataset: number, keys: string[]): string[] {
  const drop = database.prepare(
    'DELETE FROM items WHERE dataset = ? AND key = ? AND id NOT IN (SELECT item FROM label_edits)',
  );
  const keep = database
    .prepare("UPDATE items SET gone = 1, stamp = '' WHERE dataset = ? AND key = ? RETURNING image")
    .pluck();
  return database.transaction(() => {
    const kept: string[] = [];
    for (const key of keys) {
      if (drop.run(dataset, key).changes === 0) kept.push(keep.get(dataset, key) as string);
    }
    return kept;
  })();
}

/** The files of one labelled item; null where there is none. */
export function anyLabelledItem(database: Database, dataset: number): { image: string; labels: string } | null {
  const row = database
    .prepare('SELECT image, labels FROM items WHERE dataset = ? AND labels IS NOT NULL LIMIT 1')
    .get(dataset);
  return (row as { image: string; labels: string } | undefined) ?? null;
}

/** @throws Problem where there is none of that number */
export function getItem(database: Database, id: number): ItemDetail {
  const row = database
    .prepare('SELECT id, key, split, width, height, dataset, image, labels, labelled, changed FROM items WHERE id = ?')
    .get(id) as
    | (Omit<ItemDetail, 'labelled' | 'changed' | 'score' | 'tags' | 'pixels'> & { labelled: number; changed: number })
    | undefined;
  if (!row) throw new Problem(`There is no image ${id} in this project.`, { next: 'Look at the list again.' });
  const classes = database
    .prepare('SELECT json_array_length(classes) FROM datasets WHERE id = ?')
    .pluck()
    .get(row.dataset) as number;
  const pixels = new Array<number>(classes).fill(0);
  const counts = database.prepare('SELECT class, pixels FROM item_classes WHERE item = ?').all(id) as {
    class: number;
    pixels: number;
  }[];
  for (const count of counts) pixels[count.class] = count.pixels;
  const [labelled, changed] = [row.labelled === 1, row.changed === 1];
  return { ...row, labelled, changed, score: null, tags: tagsOfItem(database, id), pixels };
}

/** Where an item's files are, and what tells its content; `changed`: its label map was edited. */
export function itemFiles(
  database: Database,
  id: number,
): { dataset: number; root: string; image: string; labels: string | null; hash: string; changed: boolean } | null {
  const row = database
    .prepare(
      `SELECT i.dataset, d.root, i.image, i.labels, i.hash, i.changed
       FROM items i JOIN datasets d ON d.id = i.dataset WHERE i.id = ?`,
    )
    .get(id) as (Omit<NonNullable<ReturnType<typeof itemFiles>>, 'changed'> & { changed: number }) | undefined;
  return row ? { ...row, changed: row.changed === 1 } : null;
}
