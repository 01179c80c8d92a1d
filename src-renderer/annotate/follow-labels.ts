import { forgetLabelsOf } from '../canvas/sources.ts';
import { onNews } from '../host.ts';
import { labelsChanged, saveStateOfAll } from './sessions.ts';

/**
 * Keeps what the window holds of label maps in step with the host, and keeps the window open while something is not
 * saved. Answers what ends it.
 */
export function followLabels(): () => void {
  const hold = (event: BeforeUnloadEvent) => {
    if (saveStateOfAll().kind !== 'saved') event.preventDefault();
  };
  window.addEventListener('beforeunload', hold);
  const ends = [
    onNews('items.changed', ({ items }) => {
      forgetLabelsOf(items);
      labelsChanged(items);
    }),
    onNews('datasets.changed', () => labelsChanged()),
  ];
  return () => {
    window.removeEventListener('beforeunload', hold);
    for (const end of ends) end();
  };
}
