import { askConfirm } from '../shared/confirm.ts';
import { allSaved, saveStateOfAll } from './sessions.ts';

/** Waits for strokes that are being saved; asks where some cannot be. Answers whether the project may be left. */
export async function mayLeaveProject(): Promise<boolean> {
  if (await allSaved()) return true;
  const state = saveStateOfAll();
  return askConfirm({
    title: 'Some strokes are not saved',
    text: state.kind === 'failed' ? state.reason : '',
    verb: 'Leave and lose them',
    keep: 'Stay',
  });
}
