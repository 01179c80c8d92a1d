import type { Layer } from '../canvas/Stage.tsx';
import type { Size } from '../canvas/viewport.ts';

/** The teacher's and the student's layer with their names, for the ways of showing them in one pane. */
export type ModelPair = readonly [{ title: string; layer: Layer }, { title: string; layer: Layer }];

/** What all ways of showing share. */
export interface StageLook {
  size: Size | null;
  palette: Uint8Array;
  opacity: number;
  contours: boolean;
}
