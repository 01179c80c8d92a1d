/** The group `ui`: how quick the window is, in the order of the table. */
import type { RowSpec } from '../row.ts';
import { annotateRows } from './annotate.ts';
import { browseRows } from './browse.ts';
import { mapRows } from './map.ts';
import { scrollRows } from './scroll.ts';

/** Each row measures in the one window of `session.ts`; it leaves it in Browse with all images by name. */
export function uiRows(): RowSpec[] {
  return [...browseRows, ...scrollRows, ...mapRows, ...annotateRows].map((row) => ({ ...row, livesOn: true }));
}
