import { create } from 'zustand';
import type { ColourBy, ProjectionMethod } from '../../src-main/contract/embedding.ts';
import type { View } from '../canvas/viewport.ts';

interface MapState {
  /** The model whose features are looked at; null stands for the one that has some, else the first. */
  model: number | null;
  /** The node of its network; null: the usual one. */
  tap: string | null;
  method: ProjectionMethod;
  colour: ColourBy;
  /** What of the map is seen. */
  view: View;
  tool: 'lasso' | 'move';
  /** From which similarity on images are near-duplicates, 0–1. */
  similarity: number;
  /** The class whose unusual labels are listed; null: all. */
  outlierClass: number | null;
  /** A map is to be made as soon as the features are there. */
  wanted: boolean;
  set(change: Partial<Omit<MapState, 'set'>>): void;
}

const INITIAL = {
  model: null,
  tap: null,
  method: 'umap',
  colour: { kind: 'split' },
  view: 'fit',
  tool: 'lasso',
  similarity: 0.995,
  outlierClass: null,
  wanted: false,
} as const;

/** What is looked at on the map, among near-duplicates and unusual labels. */
export const useMap = create<MapState>((set) => ({ ...INITIAL, set: (change) => set(change) }));

/** Forgets what belonged to another project. */
export function resetMap(): void {
  useMap.setState(INITIAL);
}
