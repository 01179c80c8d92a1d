import { create } from 'zustand';
import type { NetworkSubject } from '../../../src-main/contract/network-drawing.ts';

/** The two places for a network, beside each other. */
export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

/** Which part of the drawings is seen: the same for both. Places in CSS pixels, from the middle of a drawing's top. */
export interface Seen {
  x: number;
  y: number;
  zoom: number;
}

interface GraphState {
  /** Whether Models shows networks as graphs, or the table of models. */
  shown: boolean;
  subjects: Record<Side, NetworkSubject | null>;
  /** The blocks that are open; null: as the host thinks best. */
  open: Record<Side, string[] | null>;
  /** Height and width of the input. */
  size: [number, number];
  /** The box that is told about. */
  chosen: { side: Side; id: string } | null;
  /** A box that has to come into sight when it is drawn; with `at` it has to stay where it was on the screen. */
  wanted: { side: Side; id: string; at?: { x: number; y: number } } | null;
  /** Null: the whole width, from the top on. */
  seen: Seen | null;
  setShown(shown: boolean): void;
  setSubject(side: Side, subject: NetworkSubject | null): void;
  setSize(size: [number, number]): void;
  setOpen(side: Side, open: string[], wanted: GraphState['wanted']): void;
  choose(chosen: GraphState['chosen']): void;
  look(seen: Seen | null): void;
}

const START = {
  subjects: { left: null, right: null },
  open: { left: null, right: null },
  chosen: null,
  wanted: null,
  seen: null,
} as const;

export const useGraph = create<GraphState>((set) => ({
  shown: false,
  size: [360, 480],
  ...START,
  setShown: (shown) => set({ shown }),
  setSubject: (side, subject) =>
    set((state) => ({
      subjects: { ...state.subjects, [side]: subject },
      open: { ...state.open, [side]: null },
      chosen: state.chosen?.side === side ? null : state.chosen,
      wanted: null,
      seen: null,
    })),
  setSize: (size) => set({ size }),
  setOpen: (side, open, wanted) => set((state) => ({ open: { ...state.open, [side]: open }, wanted })),
  choose: (chosen) => set({ chosen }),
  look: (seen) => set({ seen }),
}));

/** Forgets what belonged to another project. */
export function resetGraph(): void {
  useGraph.setState({ shown: false, ...START });
}
