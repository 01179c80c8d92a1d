import { create } from 'zustand';
import { ALL_ITEMS, type Listing } from '../state/item-pages.ts';
import { parseRoute } from '../state/route.ts';
import { DEFAULT_PANES, type PaneId } from './panes.ts';

/** Teacher, student, third model. */
export type ModelChoice = [number | null, number | null, number | null];

interface CompareState {
  item: number | null;
  /** What the user chose; null leaves the choice to `chooseModels`. */
  models: ModelChoice;
  listing: Listing;
  /** Whether the user or the view has set an order already. */
  ordered: boolean;
  panes: ReadonlySet<PaneId>;
  mode: 'grid' | 'swipe' | 'blink';
  tab: 'panes' | 'similarity';
  /** The model of the error pane: 1 the student, 2 the third. */
  errorOf: 1 | 2;
  /** Whether the dense CRF comes after each model. */
  crf: boolean;
  setItem(item: number | null): void;
  setModel(place: 0 | 1 | 2, model: number | null): void;
  setListing(change: Partial<Listing>): void;
  togglePane(pane: PaneId): void;
  setMode(mode: CompareState['mode']): void;
  setTab(tab: CompareState['tab']): void;
  setErrorOf(place: 1 | 2): void;
  toggleCrf(): void;
}

/** The images of an evaluation, worst first. */
export function worstFirst({ id, split }: { id: number; split: string }): Listing {
  const sort = { by: 'score' as const, evaluation: id, class: null, descending: false };
  return { filter: { ...ALL_ITEMS.filter, splits: [split] }, sort };
}

const route = parseRoute(window.location.hash);

export const useCompare = create<CompareState>((set) => ({
  item: route.view === 'annotate' ? null : route.item,
  models: [route.models[0] ?? null, route.models[1] ?? null, route.models[2] ?? null],
  listing: ALL_ITEMS,
  ordered: false,
  panes: new Set(DEFAULT_PANES),
  mode: 'grid',
  tab: 'panes',
  errorOf: 1,
  crf: false,
  setItem: (item) => set({ item }),
  setModel: (place, model) =>
    set((state) => {
      const models: ModelChoice = [...state.models];
      models[place] = model;
      return { models };
    }),
  setListing: (change) => set((state) => ({ listing: { ...state.listing, ...change }, ordered: true })),
  togglePane: (pane) =>
    set((state) => {
      const panes = new Set(state.panes);
      if (!panes.delete(pane)) panes.add(pane);
      return panes.size > 0 ? { panes, mode: 'grid', tab: 'panes' } : {};
    }),
  setMode: (mode) => set({ mode, tab: 'panes' }),
  setTab: (tab) => set({ tab }),
  setErrorOf: (errorOf) => set({ errorOf }),
  toggleCrf: () => set(({ crf }) => ({ crf: !crf })),
}));

/** Forgets what belonged to another project. */
export function resetCompare(): void {
  const { panes } = useCompare.getState();
  useCompare.setState({
    item: null,
    models: [null, null, null],
    listing: ALL_ITEMS,
    ordered: false,
    tab: 'panes',
    panes,
  });
}
