import { create } from 'zustand';
import type { InstancePlane } from '../canvas/planes.ts';
import { ALL_ITEMS, type Listing } from '../state/item-pages.ts';
import { parseRoute } from '../state/route.ts';
import type { ToolId } from './tools/registry.ts';
import type { ToolOptions } from './tools/tool.ts';

/** Largest brush, in pixels of the image. */
export const MAX_SIZE = 500;

interface AnnotateState {
  item: number | null;
  /** The list that is gone through. */
  listing: Listing;
  tool: ToolId;
  /** The class that is drawn with. */
  label: number;
  options: ToolOptions;
  /** Classes whose pixels no tool changes. */
  locked: ReadonlySet<number>;
  /** The instance that is chosen; 0: none. */
  selected: number;
  /** Regions that the tool outlines in place of the instances. */
  regions: { plane: InstancePlane; chosen: number } | null;
  /** Whether instances are outlined. */
  outlines: boolean;
  /** Whether teacher and student are shown beside the label map. */
  beside: boolean;
  setItem(item: number | null): void;
  setTool(tool: ToolId): void;
  setLabel(label: number): void;
  setOptions(change: Partial<ToolOptions>): void;
  toggleLock(label: number): void;
  select(instance: number): void;
  toggleOutlines(): void;
  toggleBeside(): void;
}

const route = parseRoute(window.location.hash);

export const useAnnotate = create<AnnotateState>((set) => ({
  item: route.view === 'annotate' ? route.item : null,
  listing: ALL_ITEMS,
  tool: 'brush',
  label: 0,
  options: {
    size: 15,
    round: true,
    tolerance: 24,
    everywhere: false,
    superpixel: 24,
    source: 'teacher',
    confidence: 0.5,
    radius: 3,
    area: 50,
  },
  locked: new Set(),
  selected: 0,
  regions: null,
  outlines: true,
  beside: false,
  setItem: (item) => set({ item, selected: 0 }),
  setTool: (tool) => set({ tool }),
  // Another class ends drawing into an instance; while one is edited it stays chosen.
  setLabel: (label) => set((state) => ({ label, selected: state.tool === 'select' ? state.selected : 0 })),
  setOptions: (change) =>
    set((state) => {
      const options = { ...state.options, ...change };
      options.size = Math.min(MAX_SIZE, Math.max(1, Math.round(options.size)));
      return { options };
    }),
  toggleLock: (label) =>
    set((state) => {
      const locked = new Set(state.locked);
      if (!locked.delete(label)) locked.add(label);
      return { locked };
    }),
  select: (selected) => set({ selected }),
  toggleOutlines: () => set((state) => ({ outlines: !state.outlines })),
  toggleBeside: () => set((state) => ({ beside: !state.beside })),
}));

/** Forgets what belonged to another project. */
export function resetAnnotate(): void {
  useAnnotate.setState({ item: null, listing: ALL_ITEMS, label: 0, locked: new Set(), selected: 0 });
}
