import { IconEye, IconEyeOff, IconLock, IconLockOpen } from '@tabler/icons-react';
import { memo, useEffect, useRef, useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { cssColor } from '../canvas/palette.ts';
import { ClassSearch } from '../shared/ClassSearch.tsx';
import { percent } from '../shared/format.ts';
import { useOverlay } from '../state/overlay.ts';
import { focusCanvas } from './focus.ts';
import type { LabelSession } from './session.ts';
import { useAnnotate } from './store.ts';
import { useCounts } from './use-counts.ts';
import { chooseLabel } from './use-painter.ts';

/** The classes to draw with: a click chooses one; each can be hidden and locked. */
export function PaintClasses({ classes, session }: { classes: ClassInfo[]; session: LabelSession | null }) {
  const label = useAnnotate((state) => state.label);
  const locked = useAnnotate((state) => state.locked);
  const toggleLock = useAnnotate((state) => state.toggleLock);
  const counts = useCounts(session);
  const { hidden, toggle } = useOverlay();
  const [text, setText] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const total = counts?.reduce((sum, value) => sum + value, 0) ?? 0;
  const shown = classes
    .map((info, index) => ({ ...info, index }))
    .filter(({ name, index }) => name.toLowerCase().includes(text.toLowerCase()) || text === String(index + 1));

  // The chosen class is in sight, whoever chose it.
  useEffect(() => {
    list.current?.querySelector(`[data-testid="paint-${label}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [label]);

  const search = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' && shown.length > 0) chooseLabel(shown[0].index);
    else if (event.key !== 'Escape') return;
    event.preventDefault();
    setText('');
    focusCanvas();
  };
  return (
    <div className="side-part grows" data-panel>
      <ClassSearch
        classes={classes.length}
        text={text}
        setText={setText}
        placeholder="Find class  /"
        onKeyDown={search}
      />
      <div className="classes" ref={list} data-testid="classes">
        {shown.map(({ name, color, index }) => (
          <Row
            key={index}
            index={index}
            name={name}
            color={cssColor(color)}
            share={counts && total > 0 && counts[index] > 0 ? `${percent(counts[index] / total)} %` : ''}
            chosen={index === label}
            hidden={hidden.has(index)}
            locked={locked.has(index)}
            choose={chooseLabel}
            hide={toggle}
            lock={toggleLock}
          />
        ))}
        {shown.length === 0 && <p className="quiet class-none">No class has this name.</p>}
      </div>
    </div>
  );
}

interface RowProps {
  index: number;
  name: string;
  color: string;
  share: string;
  chosen: boolean;
  hidden: boolean;
  locked: boolean;
  choose: (label: number) => void;
  hide: (label: number) => void;
  lock: (label: number) => void;
}

/** With 150 classes only the rows whose figures change are rendered again. */
const Row = memo(function Row({ index, name, color, share, chosen, hidden, locked, choose, hide, lock }: RowProps) {
  return (
    <div className="paint-row" data-chosen={chosen || undefined}>
      <button
        type="button"
        className="paint-choose plain-button"
        aria-pressed={chosen}
        title={name}
        onClick={() => {
          choose(index);
          focusCanvas();
        }}
        data-testid={`paint-${index}`}
      >
        <span className="class-number">{index + 1}</span>
        <span className="swatch" style={{ background: hidden ? undefined : color }} />
        <span className="ellipsis grow">{name}</span>
        <span className="quiet">{share}</span>
      </button>
      <button
        type="button"
        className="paint-switch plain-button"
        aria-label={`Lock ${name}`}
        aria-pressed={locked}
        title={locked ? 'Locked: no tool changes its pixels' : 'Lock'}
        onClick={() => lock(index)}
        data-testid={`lock-${index}`}
      >
        {locked ? <IconLock size={14} /> : <IconLockOpen size={14} />}
      </button>
      <button
        type="button"
        className="paint-switch plain-button"
        aria-label={`Hide ${name}`}
        aria-pressed={hidden}
        title={hidden ? 'Show' : 'Hide'}
        onClick={() => hide(index)}
        data-testid={`hide-${index}`}
      >
        {hidden ? <IconEyeOff size={14} /> : <IconEye size={14} />}
      </button>
    </div>
  );
});
