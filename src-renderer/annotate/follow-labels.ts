import { forgetLabelsOf } from '../canvas/sources.ts';
import { ask, onNews } from '../host.ts';
import { newLabels } from '../state/label-versions.ts';
import { labelsChanged, onSaveState, saveStateOfAll } from './sessions.ts';

/**
 * Keeps what the window holds of label maps in step with the host, and keeps the window open while something is not
 * saved. Answers what ends it.
 */
export function followLabels(): () => void {
  const hold = (event: BeforeUnloadEvent) => {
    if (saveStateOfAll().kind !== 'saved') event.preventDefault();
  };
  window.addEventListener('beforeunload', hold);
  let told = '';
  const tell = () => {
    const state = saveStateOfAll();
    const unsaved = {
      strokes: state.kind === 'saved' ? 0 : state.waiting,
      reason: state.kind === 'failed' ? state.reason : null,
    };
    const text = JSON.stringify(unsaved);
    if (text !== told) void ask('app.unsaved', unsaved).catch(() => {});
    told = text;
  };
  const ends = [
    onSaveState(tell),
    onNews('items.changed', ({ items }) => {
      forgetLabelsOf(items);
      labelsChanged(items);
      newLabels(items);
    }),
    onNews('datasets.changed', () => {
      labelsChanged();
      newLabels();
    }),
  ];
  return () => {
    window.removeEventListener('beforeunload', hold);
    for (const end of ends) end();
  };
}
