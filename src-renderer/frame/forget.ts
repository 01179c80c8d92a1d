import { forgetLabels } from '../annotate/sessions.ts';
import { resetAnnotate } from '../annotate/store.ts';
import { useBrowse } from '../browse/store.ts';
import { forgetSources } from '../canvas/sources.ts';
import { resetCompare } from '../compare/store.ts';
import { ALL_ITEMS } from '../state/item-pages.ts';
import { useOverlay } from '../state/overlay.ts';
import { useDraft } from '../train/draft.ts';

/** Drops what belonged to the project that was open before: in another one the same numbers mean other things. */
export function forgetProject(): void {
  resetCompare();
  resetAnnotate();
  forgetLabels();
  forgetSources();
  useBrowse.setState({ filter: ALL_ITEMS, opened: null });
  useOverlay.getState().showAll();
  useDraft.setState({ recipe: null, teacher: null, teacherChosen: false, problems: [] });
}
