/** Lists of items: a filter and an order as SQL, and their pages. */
import type { ItemSummary } from '../contract/dataset.ts';
import type { ItemFilter, ItemList, ItemQuery, ItemSort, Range } from '../contract/item-query.ts';
import type { Database } from './database.ts';
import { byFigure } from './figure-order.ts';

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

/** A figure that some items have, in rows of (item, figure). */
interface Figures {
  select: string;
  values: Value[];
  /** It is told with the item. */
  shown: boolean;
  /** That of items without a row; null: they have none. */
  absent: number | null;
}

/** What an order goes by that stands in the item itself; null: something else. */
const COLUMNS: Partial<Record<ItemSort['by'], string>> = {
  split: 'i.split',
  size: 'i.width * i.height',
  labelled: 'i.labelled',
};

/** What else an order goes by; null: nothing. */
function figuresOf(dataset: number, sort: ItemSort): Figures | null {
  switch (sort.by) {
    case 'changed':
      return {
        select: `SELECT e.item, rank() OVER (ORDER BY e.changed_at) AS figure
          FROM items i JOIN label_edits e ON e.item = i.id WHERE i.dataset = ? AND i.changed = 1`,
        values: [dataset],
        shown: false,
        absent: null,
      };
    case 'tags':
      return {
        select: 'SELECT item, count(*) AS figure FROM item_tags WHERE dataset = ? GROUP BY item',
        values: [dataset],
        shown: false,
        absent: 0,
      };
    case 'share':
      return {
        select: 'SELECT item, share AS figure FROM item_classes WHERE dataset = ? AND class = ?',
        values: [dataset, sort.class],
        shown: true,
        absent: null,
      };
    case 'score': {
      const [table, column, values] = scoresOf(sort.evaluation, sort.class);
      return { select: `SELECT item, ${column} AS figure FROM ${table}`, values, shown: true, absent: null };
    }
    case 'measure':
      return {
        select: 'SELECT item, value AS figure FROM item_measures WHERE measure = ?',
        values: [sort.measure],
        shown: true,
        absent: null,
      };
    default:
      return null;
  }
}

/** The numbers of all items of a list, in its order. */
export function listItems(database: Database, list: ItemList): number[] {
  const where = conditions(list.dataset, list);
  const direction = list.sort.descending ? 'DESC' : 'ASC';
  const column = COLUMNS[list.sort.by];
  const order = column ? `${column} ${direction}, i.key` : `i.key ${list.sort.by === 'key' ? direction : 'ASC'}`;
  // All that is asked of an item alone stands in this index, in the order of the keys: no row is fetched.
  const items = database
    .prepare(`SELECT i.id FROM items i INDEXED BY items_listed WHERE ${where.parts.join(' AND ')} ORDER BY ${order}`)
    .pluck();
  const figures = figuresOf(list.dataset, list.sort);
  if (!figures) return items.all(...where.values) as number[];
  // Fetched row by row for items in the order of their keys, figures would lie all over the database.
  const rows = database.prepare(figures.select).raw();
  return database.transaction(() =>
    byFigure(
      items.all(...where.values) as number[],
      rows.all(...figures.values) as [number, number | null][],
      list.sort.descending,
      figures.absent,
    ),
  )();
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
  const figures = figuresOf(list.dataset, list.sort);
  const shown = figures?.shown ? figures : null;
  const join = shown ? `LEFT JOIN (${shown.select}) s ON s.item = i.id` : '';
  // In one transaction, so that the page's items are those of the list.
  return database.transaction(() => {
    const ids = keptList(database, list);
    const rows = database
      .prepare(
        `SELECT i.id, i.key, i.split, i.width, i.height, i.labelled, i.changed, ${shown ? 's.figure' : 'NULL'} AS score,
           (SELECT json_group_array(tag) FROM (SELECT tag FROM item_tags WHERE item = i.id ORDER BY tag)) AS tags
         FROM json_each(?) p JOIN items i ON i.id = p.value ${join} ORDER BY p.key`,
      )
      .all(JSON.stringify(ids.slice(offset, offset + limit)), ...(shown?.values ?? []));
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
