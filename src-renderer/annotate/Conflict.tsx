import { Button, SegmentedControl } from '@mantine/core';
import type { Refusal } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { refusalLine } from '../refused.ts';
import { whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import type { LabelSession } from './session.ts';
import { changeJournal } from './sessions.ts';
import type { Shown, Theirs } from './use-theirs.ts';

interface Props {
  session: LabelSession;
  /** The file's label map; null while it is on its way. */
  theirs: Theirs | null;
  error: Refusal | null;
  shown: Shown;
  setShown: (shown: Shown) => void;
  reopen: () => void;
}

/** Says that the file behind an edited label map has changed, or is gone, and asks which of the two counts. */
export function Conflict({ session, theirs, error, shown, setShown, reopen }: Props) {
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
          : `The label map's file ${conflict.path} has changed since it was edited here.`}
        {theirs && ` ${differenceText(theirs.count)}`}
        {error && ` It cannot be shown: ${refusalLine(error)}`}
      </span>
      {theirs && theirs.count > 0 && (
        <SegmentedControl
          aria-label="What is shown"
          data={[
            { value: 'mine', label: 'Mine' },
            { value: 'both', label: 'Both' },
            { value: 'differing', label: 'Where they differ' },
          ]}
          value={shown}
          onChange={(value) => setShown(value as Shown)}
          data-testid="conflict-shown"
        />
      )}
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

function differenceText(count: number): string {
  if (count === 0) return 'It holds the same classes and instances as yours.';
  return `${whole(count)} ${count === 1 ? 'pixel differs' : 'pixels differ'} from yours, outlined in yellow.`;
}
