/** Filters and orders that the user keeps under names. */
import { type SavedView, savedView } from '../contract/item-query.ts';
import { Problem } from '../contract/problem.ts';
import type { Database, WritableDatabase } from './database.ts';

export function listViews(database: Database, dataset: number): SavedView[] {
  const rows = database.prepare('SELECT name, filter, sort FROM views WHERE dataset = ? ORDER BY name').all(dataset);
  return (rows as { name: string; filter: string; sort: string }[]).map(({ name, filter, sort }) =>
    // Conditions that came later than the view are not in it: the schema says what they are then.
    savedView.parse({ name, filter: JSON.parse(filter), sort: JSON.parse(sort) }),
  );
}

/** Keeps a view; one of the same name is replaced. */
export function saveView(database: WritableDatabase, dataset: number, { name, filter, sort }: SavedView): void {
  database
    .prepare('INSERT OR REPLACE INTO views (dataset, name, filter, sort) VALUES (?, ?, ?, ?)')
    .run(dataset, name, JSON.stringify(filter), JSON.stringify(sort));
}

/** @throws Problem where there is none of that name */
export function removeView(database: WritableDatabase, dataset: number, name: string): void {
  const { changes } = database.prepare('DELETE FROM views WHERE dataset = ? AND name = ?').run(dataset, name);
  if (changes === 0) throw new Problem(`There is no view “${name}”.`, { next: 'Look at the list again.' });
}
