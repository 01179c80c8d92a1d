import { Button } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import type { HistoryEntry } from '../../src-main/contract/annotation.ts';
import { time, whole } from '../shared/format.ts';
import { useAsk } from '../state/queries.ts';
import { clockOf, toolTitle, turnsOf } from './history-lines.ts';
import type { LabelSession } from './session.ts';

/** Entries that are listed at first: more are not read at a glance. */
const FIRST = 200;

interface Props {
  session: LabelSession;
  /** The entry whose label map is looked at; null: the label map as it is. */
  looked: number | null;
  look: (entry: number | null) => void;
  /** Shows what an entry changed; null ends it. */
  point: (entry: HistoryEntry | null) => void;
  goBack: (entry: number) => void;
}

/** What was done to the image, newest first, by the turns it was worked on. */
export function HistoryPanel({ session, looked, look, point, goBack }: Props) {
  const history = useAsk('annotations.history', { item: session.item }, { keep: true });
  const [all, setAll] = useState(false);
  useEffect(() => () => point(null), [point]);

  const entries = history.data ?? NONE;
  const turns = useMemo(() => turnsOf(all ? entries : entries.slice(-FIRST)), [entries, all]);
  return (
    <section className="side-part history" aria-label="History" data-panel data-testid="history">
      <div className="row">
        <h2 className="panel-title grow">History</h2>
        {looked !== null && (
          <>
            <Button variant="default" onClick={() => goBack(looked)} data-testid="history-restore">
              Go back to this
            </Button>
            <Button variant="subtle" color="gray" onClick={() => look(null)} data-testid="history-now">
              Now
            </Button>
          </>
        )}
      </div>
      <div className="history-list" onPointerLeave={() => point(null)}>
        {turns.map(({ from, lines }) => (
          <div key={lines[0].entry.sequence}>
            <div className="quiet history-turn">{time(from)}</div>
            {lines.map(({ entry, inForce }) => (
              <button
                key={entry.sequence}
                type="button"
                className="history-line plain-button"
                data-undone={!inForce || undefined}
                aria-pressed={looked === entry.sequence}
                onPointerEnter={() => point(entry)}
                onFocus={() => point(entry)}
                onBlur={() => point(null)}
                onClick={() => look(looked === entry.sequence ? null : entry.sequence)}
                title="Shows the label map as it was after this"
                data-testid={`history-${entry.sequence}`}
              >
                <span className="number">{clockOf(entry.at)}</span>
                <span className="ellipsis grow">{toolTitle(entry, inForce)}</span>
                <span className="quiet number">{entry.pixels > 0 ? `${whole(entry.pixels)} px` : ''}</span>
              </button>
            ))}
          </div>
        ))}
        {!all && entries.length > FIRST && (
          <Button variant="subtle" color="gray" onClick={() => setAll(true)}>
            Show all {whole(entries.length)}
          </Button>
        )}
        {entries.length > 0 ? (
          <button
            type="button"
            className="history-line plain-button"
            aria-pressed={looked === 0}
            onClick={() => look(looked === 0 ? null : 0)}
            data-testid="history-0"
          >
            <span className="grow">As it was at first</span>
          </button>
        ) : (
          <p className="quiet history-none">Nothing was changed in this image.</p>
        )}
      </div>
    </section>
  );
}

const NONE: never[] = [];
