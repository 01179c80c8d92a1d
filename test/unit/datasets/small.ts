/** A small data set of every layout, as its own tools would write it. */
import { MAPS } from './small-maps.ts';
import type { SmallDataset } from './small-parts.ts';
import { SHAPES } from './small-shapes.ts';

export const SMALL: readonly SmallDataset[] = [...MAPS, ...SHAPES];
