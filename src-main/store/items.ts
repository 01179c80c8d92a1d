/** Items of data sets: written in batches, found by split, text, classes and score. */
import type { ItemDetail, ItemQuery, ItemSummary } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import type { Database } from './database.ts';

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
  const clear = database.prepare('DELETE FROM item_classes WHERE item = ?');
  const count = database.prepare('INSERT INTO item_classes (dataset, class, item, pixels) VALUES (?, ?, ?, ?)');
  database.transaction(() => {
    for (const { pixels, ...record } of records) {
      const id = upsert.get({ dataset, ...record }) as number;
      clear.run(id);
      for (let c = 0; c < pixels.length; c++) if (pixels[c] > 0) count.run(dataset, c, id, pixels[c]);
    }
  })();
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

/** The page of items that a query names, and how many there are in all. */
export function queryItems(database: Database, query: ItemQuery): { total: number; items: ItemSummary[] } {
  const where = ['i.dataset = @dataset'];
  const values: Record<string, string | number | null> = { dataset: query.dataset };
  if (query.split !== null) {
    where.push('i.split = @split');
    values.split = query.split;
  }
  if (query.text !== '') {
    where.push("i.key LIKE @text ESCAPE '\\'");
    values.text = `%${query.text.replace(/[\\%_]/g, '\\$&')}%`;
  }
  query.classes.forEach((c, n) => {
    where.push(`i.id IN (SELECT item FROM item_classes WHERE dataset = @dataset AND class = @class${n})`);
    values[`class${n}`] = c;
  });
  if (query.ids !== null) {
    where.push('i.id IN (SELECT value FROM json_each(@ids))');
    values.ids = JSON.stringify(query.ids);
  }
  const filter = where.join(' AND ');
  const total = database.prepare(`SELECT count(*) FROM items i WHERE ${filter}`).pluck().get(values) as number;

  const { by, evaluation, class: ofClass, descending } = query.sort;
  const score = evaluation === null ? 'NULL' : ofClass === null ? 's.miou' : 's.iou';
  let join = '';
  if (evaluation !== null) {
    values.evaluation = evaluation;
    const table = ofClass === null ? 'item_results' : 'item_ious';
    join = `LEFT JOIN ${table} s ON s.evaluation = @evaluation AND s.item = i.id`;
    if (ofClass !== null) {
      join += ' AND s.class = @ofClass';
      values.ofClass = ofClass;
    }
  }
  const direction = descending ? 'DESC' : 'ASC';
  // What has no score comes last in either direction. Sorting narrow rows and widening the page is faster on long lists.
  const order = by === 'score' ? `score ${direction} NULLS LAST, i.id` : `i.key ${direction}`;
  const page = `SELECT i.id, ${score} AS score FROM items i ${join} WHERE ${filter}
    ORDER BY ${order} LIMIT @limit OFFSET @offset`;
  const items = database
    .prepare(
      `SELECT i.id, i.key, i.split, i.width, i.height, i.labels IS NOT NULL AS labelled, p.score
       FROM (${page}) p JOIN items i ON i.id = p.id ORDER BY ${order.replace(/\bscore\b/g, 'p.score')}`,
    )
    .all({ ...values, limit: query.limit, offset: query.offset }) as (Omit<ItemSummary, 'labelled'> & {
    labelled: number;
  })[];
  return { total, items: items.map((item) => ({ ...item, labelled: item.labelled === 1 })) };
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

/** @throws Problem where there is none of that number */
export function getItem(database: Database, id: number): ItemDetail {
  const row = database
    .prepare('SELECT id, key, split, width, height, dataset, image, labels FROM items WHERE id = ?')
    .get(id) as Omit<ItemDetail, 'labelled' | 'score' | 'pixels'> | undefined;
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
  return { ...row, labelled: row.labels !== null, score: null, pixels };
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
