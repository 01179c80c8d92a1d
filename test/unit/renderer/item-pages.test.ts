import { expect, test, vi } from 'vitest';
import type { ItemSummary } from '../../../src-main/contract/dataset.ts';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { ALL_ITEMS, ItemPages, PAGE, pageQuery } from '../../../src-renderer/state/item-pages.ts';

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const page = (from: number) =>
  Array.from({ length: PAGE }, (_, i) => ({ id: 1000 + from + i, key: `k${from + i}` }) as ItemSummary);

test('only the pages in sight are asked for, each once', async () => {
  const fetch = vi.fn(async (which: number) => ({ total: 1000, items: page(which * PAGE) }));
  const list = new ItemPages(fetch);
  list.want(0, 10);
  list.want(PAGE - 1, PAGE);
  await settled();
  expect(fetch.mock.calls).toEqual([[0], [1]]);
  expect(list.snapshot().total).toBe(1000);
  expect(list.at(PAGE)?.id).toBe(1000 + PAGE);
  expect(list.at(3 * PAGE)).toBeUndefined();
  expect(list.indexOf(1000 + PAGE + 3)).toBe(PAGE + 3);
  expect(list.indexOf(7)).toBe(-1);
});

test('old pages stay in sight while they are asked for again', async () => {
  let total = 1;
  const list = new ItemPages(async () => ({ total, items: page(0) }));
  list.want(0, 0);
  await settled();
  total = 2;
  list.refresh();
  expect(list.at(0)?.key).toBe('k0');
  await settled();
  expect(list.snapshot().total).toBe(2);
});

test('a page that failed is asked for again', async () => {
  let fails = true;
  const list = new ItemPages(async () => {
    if (fails) throw new Error('locked');
    return { total: 1, items: page(0) };
  });
  list.want(0, 0);
  await settled();
  expect(list.snapshot().error).toEqual({ message: 'locked' });
  fails = false;
  list.want(0, 0);
  await settled();
  expect(list.snapshot()).toMatchObject({ total: 1, error: null });
});

test('a list sorted by an evaluation asks for the worst first, and keeps to the contract', () => {
  const query = pageQuery(3, { ...ALL_ITEMS, evaluation: 8, sortClass: 2, split: 'val' }, 2);
  const sort = { by: 'score', evaluation: 8, class: 2, descending: false };
  const page = { offset: 2 * PAGE, limit: PAGE };
  expect(itemQuery.parse(query)).toEqual({ ...itemQuery.parse({ dataset: 3 }), splits: ['val'], sort, ...page });
  expect(pageQuery(3, { ...ALL_ITEMS, sortClass: 2 }, 0).sort).toMatchObject({ by: 'key' });
});
