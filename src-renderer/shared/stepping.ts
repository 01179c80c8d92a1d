import type { ItemPages } from '../state/item-pages.ts';

/** The commands that step through a list of items. Pages that are not there yet are asked for on the way. */
export function stepping(list: ItemPages, current: () => number | null, open: (item: number) => void) {
  const by = (steps: number) => () => {
    const item = current();
    const total = list.snapshot().total ?? 0;
    const now = item === null ? -1 : list.indexOf(item);
    const target = Math.min(Math.max(now + steps, 0), total - 1);
    list.want(target - 2, target + 2);
    const next = list.at(target);
    if (next && next.id !== item) open(next.id);
  };
  return { 'item.next': by(1), 'item.previous': by(-1), 'item.forward': by(10), 'item.back': by(-10) };
}
