import { UnstyledButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { onSaveState, retrySaving, saveStateOfAll } from './sessions.ts';

/** Whether what was drawn is on disk; always in sight, and said by screen readers when it changes. */
export function SaveLine() {
  const state = JSON.parse(useSyncExternalStore(onSaveState, () => JSON.stringify(saveStateOfAll()))) as ReturnType<
    typeof saveStateOfAll
  >;
  return (
    <span className="row save-line" data-testid="save-state" data-state={state.kind}>
      <span role="status" aria-live="polite" className={state.kind === 'failed' ? 'bad ellipsis' : 'quiet'}>
        {state.kind === 'saved'
          ? 'Saved'
          : state.kind === 'saving'
            ? 'Saving'
            : `Not saved: ${state.reason} ${state.waiting} ${state.waiting === 1 ? 'stroke is' : 'strokes are'} kept here.`}
      </span>
      {state.kind === 'failed' && (
        <UnstyledButton fz={13} td="underline" onClick={retrySaving} data-testid="save-retry">
          Try again
        </UnstyledButton>
      )}
    </span>
  );
}
