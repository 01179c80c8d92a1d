import { useApp } from '../state/app.ts';
import type { ItemFilter } from '../state/item-pages.ts';
import { useAnnotate } from './store.ts';

/** Opens an image for drawing, and the list that it is one of. */
export function annotate(item: number | null, filter: ItemFilter): void {
  if (item === null) return;
  useAnnotate.setState({ item, filter, selected: 0 });
  useApp.getState().show('annotate');
}
