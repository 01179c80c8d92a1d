import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { ask, onNews } from '../host.ts';
import { ItemPages, type Listing, pageQuery } from './item-pages.ts';

/** What may change which items a list holds, or what is shown of them. */
const NEWS = ['datasets.changed', 'evaluations.changed', 'measures.changed', 'tags.changed'] as const;

/** How long nothing must be drawn until what lists say of edited items is asked for again, in ms. */
const REST = 1000;

/** The items of a data set in a listing, kept up to date. Until a new list is there the one before stays. */
export function useItems(dataset: number | null, listing: Listing) {
  const key = JSON.stringify([dataset, listing]);
  const wanted = useMemo(() => {
    const [of, fixed] = JSON.parse(key) as [number | null, Listing];
    return new ItemPages((page) =>
      of === null ? Promise.resolve({ total: 0, items: [] }) : ask('items.query', pageQuery(of, fixed, page)),
    );
  }, [key]);
  const loaded = useSyncExternalStore(wanted.subscribe, wanted.snapshot);
  const last = useRef({ dataset, list: wanted });
  const ready = loaded.total !== null || loaded.error !== null;
  if (ready || last.current.dataset !== dataset) last.current = { dataset, list: wanted };
  const { list } = last.current;
  useEffect(() => {
    wanted.want(0, 0);
    const ends = NEWS.map((news) => onNews(news, () => wanted.refresh()));
    // Each stroke is news; the pages are asked for again when the hand rests.
    const edited = new Set<number>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    ends.push(
      onNews('items.changed', ({ items }) => {
        for (const item of items) edited.add(item);
        clearTimeout(timer);
        timer = setTimeout(() => {
          wanted.refreshOf([...edited]);
          edited.clear();
        }, REST);
      }),
    );
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [wanted]);
  const want = useCallback((from: number, to: number) => list.want(from, to), [list]);
  return { list, want, ...list.snapshot() };
}
