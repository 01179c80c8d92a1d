import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { ask, onNews } from '../host.ts';
import { type ItemFilter, ItemPages, pageQuery } from './item-pages.ts';

/** The items of a data set under a filter, kept up to date. */
export function useItems(dataset: number | null, filter: ItemFilter) {
  const key = JSON.stringify(filter);
  const list = useMemo(() => {
    const fixed = JSON.parse(key) as ItemFilter;
    return new ItemPages((page) =>
      dataset === null ? Promise.resolve({ total: 0, items: [] }) : ask('items.query', pageQuery(dataset, fixed, page)),
    );
  }, [dataset, key]);
  const loaded = useSyncExternalStore(list.subscribe, list.snapshot);
  useEffect(() => {
    list.want(0, 0);
    const ends = [
      onNews('datasets.changed', () => list.refresh()),
      onNews('evaluations.changed', () => list.refresh()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [list]);
  const want = useCallback((from: number, to: number) => list.want(from, to), [list]);
  return { list, want, ...loaded };
}
