import type { ItemPages } from '../state/item-pages.ts';

/** The commands that step through a list of items. Pages that are not there yet are asked for on the way. */
export function stepping(list: ItemPages, current: () => number | null, open: (item: number) => void) {
  const now = () => {
    const item = current();
    return item === null ? -1 : list.indexOf(item);
  };
  const by = (steps: number) => () => {
    const total = list.snapshot().total ?? 0;
    const target = Math.min(Math.max(now() + steps, 0), total - 1);
    list.want(target - 2, target + 2);
    const next = list.at(target);
    if (next && next.id !== current()) open(next.id);
  };
  /** The next place of an image without labels; pages on the way are waited for. */
  const unlabelled = (step: 1 | -1) => async () => {
    const start = current();
    const total = list.snapshot().total ?? 0;
    for (let place = now() + step; place >= 0 && place < total; place += step) {
      const item = await list.whenAt(place);
      // The user has gone on meanwhile, or the list cannot be read.
      if (current() !== start || !item) return;
      if (!item.labelled) return open(item.id);
    }
  };
  return {
    'item.next': by(1),
    'item.previous': by(-1),
    'item.forward': by(10),
    'item.back': by(-10),
    'item.nextUnlabelled': unlabelled(1),
    'item.previousUnlabelled': unlabelled(-1),
  };
}
