import { useBrowse } from '../browse/store.ts';
import { useApp } from '../state/app.ts';
import type { Place } from './list.ts';

/** Where the user is now, for keys that mean something only there. */
export function currentPlace(): Place {
  const { view } = useApp.getState();
  return view === 'browse' && useBrowse.getState().opened !== null ? 'viewer' : view;
}
