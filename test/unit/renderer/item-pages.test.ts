import { expect, test, vi } from 'vitest';
import type { ItemSummary } from '../../../src-main/contract/dataset.ts';
import { itemFilter, itemQuery } from '../../../src-main/contract/item-query.ts';
import { ALL, ItemPages, PAGE, pageQuery } from '../../../src-renderer/state/item-pages.ts';

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

test('a page is asked for in the words of the contract, with every condition that there is', () => {
  const filter = { ...ALL, splits: ['val'], scores: [{ evaluation: 8, class: 2, min: null, max: 0.5 }] };
  const sort = { by: 'score' as const, evaluation: 8, class: 2, descending: false };
  const query = pageQuery(3, { filter, sort }, 2);
  expect(itemQuery.parse(query)).toEqual(query);
  expect(query).toMatchObject({ dataset: 3, splits: ['val'], sort, offset: 2 * PAGE, limit: PAGE });
  expect(itemFilter.parse({})).toEqual(ALL);
});
