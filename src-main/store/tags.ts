/** Tags: words that the user puts on items. */
import type { Database, WritableDatabase } from './database.ts';

/** Puts tags on items and takes others off, in one transaction; what is so already stays so. */
export function tagItems(
  database: WritableDatabase,
  change: { items: number[]; add: string[]; remove: string[] },
): void {
  const put = database.prepare(
    `INSERT INTO item_tags (dataset, tag, item)
     SELECT dataset, ?, id FROM items WHERE id IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING`,
  );
  const take = database.prepare('DELETE FROM item_tags WHERE tag = ? AND item IN (SELECT value FROM json_each(?))');
  const items = JSON.stringify(change.items);
  database.transaction(() => {
    for (const tag of change.add) put.run(tag, items);
    for (const tag of change.remove) take.run(tag, items);
  })();
}

/** The tags in use in a data set, by name. */
export function listTags(database: Database, dataset: number): { tag: string; items: number }[] {
  return database
    .prepare('SELECT tag, count(*) AS items FROM item_tags WHERE dataset = ? GROUP BY tag ORDER BY tag')
    .all(dataset) as { tag: string; items: number }[];
}

export function tagsOfItem(database: Database, item: number): string[] {
  return database.prepare('SELECT tag FROM item_tags WHERE item = ? ORDER BY tag').pluck().all(item) as string[];
}
