/** Data sets of a project. */
import { sha256 } from '../base/files.ts';
import { type ClassInfo, type DatasetProblem, type DatasetSummary, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { datasetHash } from '../datasets/index-items.ts';
import type { Database, WritableDatabase } from './database.ts';

export interface DatasetRecord {
  name: string;
  layout: string;
  /** The real path of its folder. */
  root: string;
  classes: ClassInfo[];
  /** As the folder has them, where the user gave them other names or colours. */
  found?: ClassInfo[];
  /** Class of each label value 0–255; 255 = ignore. */
  values: number[];
}

interface Row {
  id: number;
  name: string;
  layout: string;
  root: string;
  classes: string;
  problems: string;
  hash: string;
  totals: string;
}

const NOTHING = JSON.stringify({ items: 0, labelled: 0, splits: [], pixels: [] });

/** Adds a data set, or renews the one with the same root, which keeps its number and its items. */
export function saveDataset(database: WritableDatabase, record: DatasetRecord): number {
  const id = database
    .prepare(
      `INSERT INTO datasets
         (name, layout, root, classes, found_classes, values_to_classes, problems, hash, added_at, totals)
       VALUES (@name, @layout, @root, @classes, @found, @values, '[]', '', @at, '${NOTHING}')
       ON CONFLICT (root) DO UPDATE SET name = excluded.name, layout = excluded.layout, classes = excluded.classes,
         found_classes = excluded.found_classes, values_to_classes = excluded.values_to_classes
       RETURNING id`,
    )
    .pluck()
    .get({
      name: record.name,
      layout: record.layout,
      root: record.root,
      classes: JSON.stringify(record.classes),
      found: record.found ? JSON.stringify(record.found) : null,
      values: JSON.stringify(record.values),
      at: new Date().toISOString(),
    });
  return id as number;
}

/** What listing a data set would have to count each time. */
export type DatasetTotals = Pick<DatasetSummary, 'items' | 'labelled' | 'splits' | 'pixels' | 'hash'>;

/** Counts a data set's items, and makes its hash, in which edited label maps count; long for a long one. */
export function countDataset(database: Database, id: number): DatasetTotals {
  const counts = database
    .prepare(
      'SELECT count(*) AS items, coalesce(sum(labelled), 0) AS labelled FROM items WHERE dataset = ? AND gone = 0',
    )
    .get(id) as { items: number; labelled: number };
  const splits = database
    .prepare(
      'SELECT split AS name, count(*) AS items FROM items WHERE dataset = ? AND gone = 0 GROUP BY split ORDER BY min(id)',
    )
    .all(id) as { name: string; items: number }[];
  const { classes } = database.prepare('SELECT classes FROM datasets WHERE id = ?').get(id) as { classes: string };
  const pixels = new Array<number>(JSON.parse(classes).length).fill(0);
  const sums = database
    .prepare(`SELECT class, sum(pixels) AS sum FROM item_classes WHERE dataset = @id
       AND item NOT IN (SELECT id FROM items WHERE dataset = @id AND gone = 1) GROUP BY class`)
    .all({ id }) as { class: number; sum: number }[];
  for (const row of sums) pixels[row.class] = row.sum;
  const hashes = database
    .prepare(
      `SELECT i.key, i.hash, e.hash AS edited FROM items i
       LEFT JOIN label_edits e ON e.item = i.id AND i.changed = 1 WHERE i.dataset = ? AND i.gone = 0`,
    )
    .all(id) as { key: string; hash: string; edited: string | null }[];
  const hash = datasetHash(
    hashes.map((item) => ({ key: item.key, hash: item.edited === null ? item.hash : sha256(item.hash, item.edited) })),
  );
  return { ...counts, splits, pixels, hash };
}

/** Seals a data set whose items have all been written. */
export function finishDataset(
  database: WritableDatabase,
  id: number,
  { totals, problems }: { problems: DatasetProblem[]; totals: DatasetTotals },
): void {
  saveTotals(database, id, totals);
  database.prepare('UPDATE datasets SET problems = ? WHERE id = ?').run(JSON.stringify(problems), id);
}

/** Renews what is told of a data set whose label maps were edited. One that is not finished stays so. */
export function renewTotals(database: WritableDatabase, id: number, totals: DatasetTotals): void {
  const finished = database.prepare("SELECT 1 FROM datasets WHERE id = ? AND hash <> ''").get(id);
  if (finished) saveTotals(database, id, totals);
}

function saveTotals(database: Database, id: number, { hash, ...totals }: DatasetTotals): void {
  database.prepare('UPDATE datasets SET hash = ?, totals = ? WHERE id = ?').run(hash, JSON.stringify(totals), id);
}

export function listDatasets(database: Database): DatasetSummary[] {
  return (database.prepare('SELECT * FROM datasets ORDER BY id').all() as Row[]).map(summary);
}

/** @throws Problem where there is none of that number */
export function getDataset(database: Database, id: number): DatasetSummary {
  const row = database.prepare('SELECT * FROM datasets WHERE id = ?').get(id) as Row | undefined;
  if (!row) throw new Problem(`There is no data set ${id} in this project.`, { next: 'Look at the list again.' });
  return summary(row);
}

export function findDataset(database: Database, root: string): DatasetSummary | null {
  const row = database.prepare('SELECT * FROM datasets WHERE root = ?').get(root) as Row | undefined;
  return row ? summary(row) : null;
}

/** A data set's classes as its folder has them, whatever the user calls them. */
export function foundClasses(database: Database, id: number): ClassInfo[] {
  const classes = database
    .prepare('SELECT coalesce(found_classes, classes) FROM datasets WHERE id = ?')
    .pluck()
    .get(id);
  return JSON.parse(classes as string);
}

/** Takes back a data set that was never finished; one that was indexed before, or edited meanwhile, stays. */
export function dropUnfinishedDataset(database: WritableDatabase, id: number): void {
  database
    .prepare(
      `DELETE FROM datasets WHERE id = @id AND hash = ''
       AND NOT EXISTS (SELECT 1 FROM label_edits e JOIN items i ON i.id = e.item WHERE i.dataset = @id)`,
    )
    .run({ id });
}

/** Class of each label value of a data set. */
export function labelValues(database: Database, id: number): number[] {
  const values = database.prepare('SELECT values_to_classes FROM datasets WHERE id = ?').pluck().get(id);
  return values === undefined ? new Array<number>(256).fill(IGNORE) : JSON.parse(values as string);
}

function summary(row: Row): DatasetSummary {
  const { id, name, layout, root, hash } = row;
  const { items, labelled, splits, pixels } = JSON.parse(row.totals);
  const classes = JSON.parse(row.classes);
  return { id, name, layout, root, classes, items, labelled, splits, problems: JSON.parse(row.problems), pixels, hash };
}
