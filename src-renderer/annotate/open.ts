import { useApp } from '../state/app.ts';
import type { Listing } from '../state/item-pages.ts';
import { useAnnotate } from './store.ts';

/** Opens an image for drawing, and the list that it is one of. */
export function annotate(item: number | null, listing: Listing): void {
  if (item === null) return;
  useAnnotate.setState({ item, listing, selected: 0 });
  useApp.getState().show('annotate');
}
