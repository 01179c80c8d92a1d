/** Items of data sets: written in batches, and one by one what is known of them. Lists of them: `item-query.ts`. */
import type { ItemDetail } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import type { Database } from './database.ts';
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

/** Writes one batch in one transaction. An item that is there by its key keeps its number. */
export function saveItems(database: Database, dataset: number, records: ItemRecord[]): void {
  const upsert = database
    .prepare(
      `INSERT INTO items (dataset, key, split, image, labels, width, height, hash, stamp)
       VALUES (@dataset, @key, @split, @image, @labels, @width, @height, @hash, @stamp)
       ON CONFLICT (dataset, key) DO UPDATE SET split = excluded.split, image = excluded.image,
         labels = excluded.labels, width = excluded.width, height = excluded.height, hash = excluded.hash,
         stamp = excluded.stamp
       RETURNING id`,
    )
    .pluck();
  const writePixels = pixelWriter(database);
  database.transaction(() => {
    for (const { pixels, ...record } of records) {
      const id = upsert.get({ dataset, ...record }) as number;
      writePixels(dataset, id, pixels);
    }
  })();
}

/** What writes how many pixels of each class an item has, in place of what was written before. */
export function pixelWriter(database: Database): (dataset: number, item: number, pixels: readonly number[]) => void {
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

/** Takes out the items whose keys the folder no longer has, and what was measured on them. */
export function dropItems(database: Database, dataset: number, keys: string[]): void {
  const drop = database.prepare('DELETE FROM items WHERE dataset = ? AND key = ?');
  database.transaction(() => {
    for (const key of keys) drop.run(dataset, key);
  })();
}

/** The labelled items of a data set, split by split in the order of their keys; `ignoring`: it has ignored pixels. */
export function labelledItems(
  database: Database,
  dataset: number,
): { key: string; split: string; image: string; labels: string; ignoring: boolean }[] {
  const rows = database
    .prepare(
      `SELECT i.key, i.split, i.image, i.labels, i.width * i.height > coalesce(sum(c.pixels), 0) AS ignoring
       FROM items i LEFT JOIN item_classes c ON c.item = i.id
       WHERE i.dataset = ? AND i.labels IS NOT NULL GROUP BY i.id ORDER BY i.split, i.key`,
    )
    .all(dataset) as { key: string; split: string; image: string; labels: string; ignoring: number }[];
  return rows.map((row) => ({ ...row, ignoring: row.ignoring === 1 }));
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
    .prepare('SELECT id, key, split, width, height, dataset, image, labels FROM items WHERE id = ?')
    .get(id) as Omit<ItemDetail, 'labelled' | 'score' | 'tags' | 'pixels'> | undefined;
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
  return { ...row, labelled: row.labels !== null, score: null, tags: tagsOfItem(database, id), pixels };
}

/** Where an item's files are, and what tells its content. */
export function itemFiles(
  database: Database,
  id: number,
): { dataset: number; root: string; image: string; labels: string | null; hash: string } | null {
  const row = database
    .prepare(
      `SELECT i.dataset, d.root, i.image, i.labels, i.hash
       FROM items i JOIN datasets d ON d.id = i.dataset WHERE i.id = ?`,
    )
    .get(id);
  return (row as ReturnType<typeof itemFiles>) ?? null;
}
