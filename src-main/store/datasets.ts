/** Data sets of a project. */
import { type ClassInfo, type DatasetProblem, type DatasetSummary, IGNORE } from '../contract/dataset.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Database } from './database.ts';

export interface DatasetRecord {
  name: string;
  layout: string;
  /** The real path of its folder. */
  root: string;
  classes: ClassInfo[];
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
export function saveDataset(database: Database, record: DatasetRecord): number {
  const id = database
    .prepare(
      `INSERT INTO datasets (name, layout, root, classes, values_to_classes, problems, hash, added_at, totals)
       VALUES (@name, @layout, @root, @classes, @values, '[]', '', @at, '${NOTHING}')
       ON CONFLICT (root) DO UPDATE SET name = excluded.name, layout = excluded.layout, classes = excluded.classes,
         values_to_classes = excluded.values_to_classes
       RETURNING id`,
    )
    .pluck()
    .get({
      name: record.name,
      layout: record.layout,
      root: record.root,
      classes: JSON.stringify(record.classes),
      values: JSON.stringify(record.values),
      at: new Date().toISOString(),
    });
  return id as number;
}

/** What listing a data set would have to count each time. */
export type DatasetTotals = Pick<DatasetSummary, 'items' | 'labelled' | 'splits' | 'pixels'>;

/** Counts a data set's items; long for a long one. */
export function countDataset(database: Database, id: number): DatasetTotals {
  const counts = database
    .prepare('SELECT count(*) AS items, count(labels) AS labelled FROM items WHERE dataset = ?')
    .get(id) as { items: number; labelled: number };
  const splits = database
    .prepare('SELECT split AS name, count(*) AS items FROM items WHERE dataset = ? GROUP BY split ORDER BY min(id)')
    .all(id) as { name: string; items: number }[];
  const { classes } = database.prepare('SELECT classes FROM datasets WHERE id = ?').get(id) as { classes: string };
  const pixels = new Array<number>(JSON.parse(classes).length).fill(0);
  const sums = database
    .prepare('SELECT class, sum(pixels) AS sum FROM item_classes WHERE dataset = ? GROUP BY class')
    .all(id) as { class: number; sum: number }[];
  for (const row of sums) pixels[row.class] = row.sum;
  return { ...counts, splits, pixels };
}

/** Seals a data set whose items have all been written. */
export function finishDataset(
  database: Database,
  id: number,
  found: { hash: string; problems: DatasetProblem[]; totals: DatasetTotals },
): void {
  database
    .prepare('UPDATE datasets SET hash = ?, problems = ?, totals = ? WHERE id = ?')
    .run(found.hash, JSON.stringify(found.problems), JSON.stringify(found.totals), id);
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

/** Takes back a data set that was never finished; one that was indexed before stays. */
export function dropUnfinishedDataset(database: Database, id: number): void {
  database.prepare("DELETE FROM datasets WHERE id = ? AND hash = ''").run(id);
}

/** Class of each label value of a data set. */
export function labelValues(database: Database, id: number): number[] {
  const values = database.prepare('SELECT values_to_classes FROM datasets WHERE id = ?').pluck().get(id);
  return values === undefined ? new Array<number>(256).fill(IGNORE) : JSON.parse(values as string);
}

/**
 * What a job needs of one split, or of all (null): its labelled items in the order of their keys.
 * @param options.unlabelled also those without a label map
 * @throws Problem where there are none
 */
export function jobData(
  database: Database,
  id: number,
  split: string | null,
  options: { unlabelled?: boolean } = {},
): JobData {
  const dataset = getDataset(database, id);
  const items = database
    .prepare(
      `SELECT id, key, split, image, labels FROM items
       WHERE dataset = @id AND (@split IS NULL OR split = @split) AND (@all OR labels IS NOT NULL) ORDER BY key`,
    )
    .all({ id, split, all: options.unlabelled ? 1 : 0 }) as JobData['items'];
  if (items.length === 0) {
    const known = dataset.splits.map((one) => one.name).join(', ') || 'none';
    const kind = options.unlabelled ? 'images' : 'labelled images';
    const place = split === null ? '' : ` in the split “${split}”`;
    throw new Problem(`The data set ${dataset.name} has no ${kind}${place}.`, {
      where: dataset.root,
      next: `Choose another split; it has: ${known}.`,
    });
  }
  return { root: dataset.root, classes: dataset.classes, values: labelValues(database, id), items, hash: dataset.hash };
}

function summary(row: Row): DatasetSummary {
  const { id, name, layout, root, hash } = row;
  const { items, labelled, splits, pixels } = JSON.parse(row.totals);
  const classes = JSON.parse(row.classes);
  return { id, name, layout, root, classes, items, labelled, splits, problems: JSON.parse(row.problems), pixels, hash };
}

/** How many items of each split are labelled, and how many pixels these have. */
export function labelledSplits(database: Database, id: number): { name: string; labelled: number; pixels: number }[] {
  return database
    .prepare(
      `SELECT split AS name, count(labels) AS labelled, sum(iif(labels IS NULL, 0, width * height)) AS pixels
       FROM items WHERE dataset = ? GROUP BY split ORDER BY min(id)`,
    )
    .all(id) as { name: string; labelled: number; pixels: number }[];
}
