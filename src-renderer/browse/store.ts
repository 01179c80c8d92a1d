import { create } from 'zustand';
import { ALL_ITEMS, type ItemFilter } from '../state/item-pages.ts';

interface BrowseState {
  filter: ItemFilter;
  /** The item in the large viewer; null shows the grid. */
  opened: number | null;
  setFilter(change: Partial<ItemFilter>): void;
  open(item: number | null): void;
}

export const useBrowse = create<BrowseState>((set) => ({
  filter: ALL_ITEMS,
  opened: null,
  setFilter: (change) => set((state) => ({ filter: { ...state.filter, ...change } })),
  open: (opened) => set({ opened }),
}));
