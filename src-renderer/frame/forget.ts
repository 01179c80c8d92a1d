import { forgetLabels } from '../annotate/sessions.ts';
import { resetAnnotate } from '../annotate/store.ts';
import { resetBrowse } from '../browse/store.ts';
import { forgetSources } from '../canvas/sources.ts';
import { resetCompare } from '../compare/store.ts';
import { resetMap } from '../map/store.ts';
import { resetGraph } from '../models/graph/store.ts';
import { useOverlay } from '../state/overlay.ts';
import { resetDraft } from '../train/draft.ts';

/** Drops what belonged to the project that was open before: in another one the same numbers mean other things. */
export function forgetProject(): void {
  resetCompare();
  resetAnnotate();
  forgetLabels();
  forgetSources();
  resetBrowse();
  resetMap();
  resetGraph();
  useOverlay.getState().showAll();
  resetDraft();
}
