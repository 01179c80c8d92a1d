/** Lists of items: a filter and an order as SQL, and their pages. */
import type { ItemSummary } from '../contract/dataset.ts';
import type { ItemFilter, ItemList, ItemQuery, ItemSort, Range } from '../contract/item-query.ts';
import type { Database } from './database.ts';

type Value = string | number;

/** Pieces of SQL with the values that belong to their question marks. */
class Sql {
  readonly parts: string[] = [];
  readonly values: Value[] = [];

  add(text: string, ...values: Value[]): void {
    this.parts.push(text);
    this.values.push(...values);
  }
}

/** The conditions on `items i` that a filter sets. */
function conditions(dataset: number, filter: ItemFilter): Sql {
  const where = new Sql();
  where.add('i.dataset = ? AND i.gone = 0', dataset);
  if (filter.splits.length > 0) {
    where.add(`i.split IN (${filter.splits.map(() => '?').join(', ')})`, ...filter.splits);
  }
  if (filter.text !== '') where.add("i.key LIKE ? ESCAPE '\\'", `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`);
  for (const c of filter.classes) {
    where.add('i.id IN (SELECT item FROM item_classes WHERE dataset = ? AND class = ?)', dataset, c);
  }
  for (const share of filter.shares) addShare(where, dataset, share);
  for (const side of ['width', 'height'] as const) {
    const bounds = filter[side];
    if (bounds) where.add(...within(`i.${side}`, bounds));
  }
  if (filter.labelled !== null) where.add(`i.labelled = ${filter.labelled ? 1 : 0}`);
  if (filter.changed !== null) where.add(`i.changed = ${filter.changed ? 1 : 0}`);
  for (const tag of filter.tags) {
    where.add('i.id IN (SELECT item FROM item_tags WHERE dataset = ? AND tag = ?)', dataset, tag);
  }
  for (const { evaluation, class: ofClass, ...bounds } of filter.scores) {
    const [table, column, values] = scoresOf(evaluation, ofClass);
    const [text, ...limits] = within(column, bounds);
    where.add(`i.id IN (SELECT item FROM ${table} AND ${column} IS NOT NULL AND ${text})`, ...values, ...limits);
  }
  for (const { measure, ...bounds } of filter.measures) {
    const [text, ...limits] = within('value', bounds);
    where.add(`i.id IN (SELECT item FROM item_measures WHERE measure = ? AND ${text})`, measure, ...limits);
  }
  if (filter.ids !== null) where.add('i.id IN (SELECT value FROM json_each(?))', JSON.stringify(filter.ids));
  return where;
}

/** A class that is absent has a share of nothing, and no row. */
function addShare(where: Sql, dataset: number, share: Range & { class: number }): void {
  const rows = 'SELECT item FROM item_classes WHERE dataset = ? AND class = ? AND';
  if ((share.min ?? 0) > 0) {
    const [text, ...limits] = within('share', share);
    where.add(`i.id IN (${rows} ${text})`, dataset, share.class, ...limits);
    return;
  }
  where.add('i.labelled = 1');
  if (share.max !== null) where.add(`i.id NOT IN (${rows} share > ?)`, dataset, share.class, share.max);
}

function within(column: string, { min, max }: Range): [string, ...number[]] {
  const parts = [...(min === null ? [] : [`${column} >= ?`]), ...(max === null ? [] : [`${column} <= ?`])];
  return [parts.join(' AND ') || 'TRUE', ...[min, max].filter((limit) => limit !== null)];
}

/** Where an evaluation's results on items are: the rows, the column, and the values of the rows' question marks. */
function scoresOf(evaluation: number, ofClass: number | null): [string, string, number[]] {
  return ofClass === null
    ? ['item_results WHERE evaluation = ?', 'miou', [evaluation]]
    : ['item_ious WHERE evaluation = ? AND class = ?', 'iou', [evaluation, ofClass]];
}

interface Figure {
  /** What is sorted by, where it is not the key; `score`: it is shown with the item. */
  expression: string;
  shown: boolean;
  /** Rows of (item, figure) that are joined as `s`. */
  rows?: { select: string; values: Value[] };
}

/** What an order goes by; null: the key alone. */
function figureOf(dataset: number, sort: ItemSort): Figure | null {
  switch (sort.by) {
    case 'key':
      return null;
    case 'split':
      return { expression: 'i.split', shown: false };
    case 'size':
      return { expression: 'i.width * i.height', shown: false };
    case 'labelled':
      return { expression: 'i.labelled', shown: false };
    case 'changed':
      return {
        expression: 'iif(i.changed, s.figure, NULL)',
        shown: false,
        rows: { select: 'SELECT item, changed_at AS figure FROM label_edits', values: [] },
      };
    case 'tags':
      return {
        expression: 'coalesce(s.figure, 0)',
        shown: false,
        rows: {
          select: 'SELECT item, count(*) AS figure FROM item_tags WHERE dataset = ? GROUP BY item',
          values: [dataset],
        },
      };
    case 'share':
      return {
        expression: 's.figure',
        shown: true,
        rows: {
          select: 'SELECT item, share AS figure FROM item_classes WHERE dataset = ? AND class = ?',
          values: [dataset, sort.class],
        },
      };
    case 'score': {
      const [table, column, values] = scoresOf(sort.evaluation, sort.class);
      return {
        expression: 's.figure',
        shown: true,
        rows: { select: `SELECT item, ${column} AS figure FROM ${table}`, values },
      };
    }
    case 'measure':
      return {
        expression: 's.figure',
        shown: true,
        rows: { select: 'SELECT item, value AS figure FROM item_measures WHERE measure = ?', values: [sort.measure] },
      };
  }
}

/** The numbers of all items of a list, in its order. */
export function listItems(database: Database, list: ItemList): number[] {
  const where = conditions(list.dataset, list);
  const figure = figureOf(list.dataset, list.sort);
  const direction = list.sort.descending ? 'DESC' : 'ASC';
  const join = figure?.rows ? `LEFT JOIN (${figure.rows.select}) s ON s.item = i.id` : '';
  const order = figure ? `${figure.expression} ${direction} NULLS LAST, i.key` : `i.key ${direction}`;
  return database
    .prepare(`SELECT i.id FROM items i ${join} WHERE ${where.parts.join(' AND ')} ORDER BY ${order}`)
    .pluck()
    .all(...(figure?.rows?.values ?? []), ...where.values) as number[];
}

/** Lists that were asked for last, for their next pages, as long as nobody writes. */
const kept = new WeakMap<Database, Map<string, { version: string; ids: number[] }>>();
const MOST_KEPT = 4;

function keptList(database: Database, list: ItemList): number[] {
  // What others have written, and what this connection has.
  const others = database.pragma('data_version', { simple: true });
  const version = `${others} ${database.prepare('SELECT total_changes()').pluck().get()}`;
  const lists = kept.get(database) ?? new Map<string, { version: string; ids: number[] }>();
  kept.set(database, lists);
  const key = JSON.stringify(list);
  const known = lists.get(key);
  if (known?.version === version) return known.ids;
  const ids = listItems(database, list);
  lists.delete(key);
  lists.set(key, { version, ids });
  if (lists.size > MOST_KEPT) lists.delete(lists.keys().next().value!);
  return ids;
}

/** The page of items that a query names, and how many there are in all. */
export function queryItems(database: Database, query: ItemQuery): { total: number; items: ItemSummary[] } {
  const { offset, limit, ...list } = query;
  const figure = figureOf(list.dataset, list.sort);
  const score = figure?.shown ? 's.figure' : 'NULL';
  const join = figure?.shown ? `LEFT JOIN (${figure.rows!.select}) s ON s.item = i.id` : '';
  // In one transaction, so that the page's items are those of the list.
  return database.transaction(() => {
    const ids = keptList(database, list);
    const rows = database
      .prepare(
        `SELECT i.id, i.key, i.split, i.width, i.height, i.labelled, i.changed, ${score} AS score,
           (SELECT json_group_array(tag) FROM (SELECT tag FROM item_tags WHERE item = i.id ORDER BY tag)) AS tags
         FROM json_each(?) p JOIN items i ON i.id = p.value ${join} ORDER BY p.key`,
      )
      .all(JSON.stringify(ids.slice(offset, offset + limit)), ...(figure?.shown ? figure.rows!.values : []));
    const items = (
      rows as (Omit<ItemSummary, 'labelled' | 'changed' | 'tags'> & {
        labelled: number;
        changed: number;
        tags: string;
      })[]
    ).map((item) => ({
      ...item,
      labelled: item.labelled === 1,
      changed: item.changed === 1,
      tags: JSON.parse(item.tags) as string[],
    }));
    return { total: ids.length, items };
  })();
}
