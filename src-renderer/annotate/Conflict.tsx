import { Button } from '@mantine/core';
import { ask } from '../host.ts';
import { attempt } from '../state/actions.ts';
import type { LabelSession } from './session.ts';
import { changeJournal } from './sessions.ts';

/** Says that the file behind an edited label map has changed, or is gone, and asks which of the two counts. */
export function Conflict({ session, reopen }: { session: LabelSession; reopen: () => void }) {
  const { conflict, item } = session;
  if (!conflict) return null;
  const resolve = (keep: 'mine' | 'source') =>
    void attempt(() => changeJournal(session, () => ask('annotations.resolve', { item, keep })).finally(reopen));
  const gone = conflict.kind === 'gone';
  return (
    <div className="conflict" role="alert" data-testid="conflict">
      <span className="grow">
        {gone
          ? `The label map's file ${conflict.path} is gone. What you see is what was edited here; it is kept.`
          : `The label map's file ${conflict.path} has changed since it was edited here. What you see is yours.`}
      </span>
      <Button variant="default" onClick={() => resolve('mine')} data-testid="conflict-mine">
        Keep mine
      </Button>
      {!gone && (
        <Button
          variant="default"
          title="As one more entry of the history, which can be undone"
          onClick={() => resolve('source')}
          data-testid="conflict-source"
        >
          Take the file’s
        </Button>
      )}
    </div>
  );
}
