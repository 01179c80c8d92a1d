import { create } from 'zustand';
import type { ItemFilter, ItemSort } from '../../src-main/contract/item-query.ts';
import { ALL_ITEMS, type Listing } from '../state/item-pages.ts';

/** How the images of a data set are shown. */
export type BrowseMode = 'grid' | 'map' | 'duplicates' | 'outliers';

interface BrowseState {
  mode: BrowseMode;
  listing: Listing;
  /** The item in the large viewer; null shows the grid. */
  opened: number | null;
  /** The items that are chosen in the grid, by number: they stay chosen under another filter. */
  chosen: ReadonlySet<number>;
  /** Where the last choice was made, as a position in the list: a range goes from there. */
  anchor: number;
  statistics: boolean;
  setMode(mode: BrowseMode): void;
  show(listing: Listing): void;
  filter(change: Partial<ItemFilter>): void;
  sort(sort: ItemSort): void;
  open(item: number | null): void;
  choose(chosen: Iterable<number>, anchor?: number): void;
  toggle(item: number, anchor: number): void;
  toggleStatistics(): void;
}

export const useBrowse = create<BrowseState>((set) => ({
  mode: 'grid',
  listing: ALL_ITEMS,
  opened: null,
  chosen: new Set(),
  anchor: 0,
  statistics: false,
  setMode: (mode) => set({ mode }),
  show: (listing) => set({ listing, anchor: 0 }),
  filter: (change) =>
    set(({ listing }) => ({ listing: { ...listing, filter: { ...listing.filter, ...change } }, anchor: 0 })),
  sort: (sort) => set(({ listing }) => ({ listing: { ...listing, sort }, anchor: 0 })),
  open: (opened) => set({ opened }),
  choose: (chosen, anchor) => set((state) => ({ chosen: new Set(chosen), anchor: anchor ?? state.anchor })),
  toggle: (item, anchor) =>
    set((state) => {
      const chosen = new Set(state.chosen);
      if (!chosen.delete(item)) chosen.add(item);
      return { chosen, anchor };
    }),
  toggleStatistics: () => set(({ statistics }) => ({ statistics: !statistics })),
}));

/** Forgets what belonged to another project. */
export function resetBrowse(): void {
  useBrowse.setState({ mode: 'grid', listing: ALL_ITEMS, opened: null, chosen: new Set(), anchor: 0 });
}
