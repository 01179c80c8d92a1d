import { useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { cssColor } from '../canvas/palette.ts';
import { useOverlay } from '../state/overlay.ts';
import { ClassSearch } from './ClassSearch.tsx';

/** All classes with colour, number and name; a click switches one off or on. `figures` stand at the end of each row. */
export function ClassList({
  classes,
  figures,
  heading,
}: {
  classes: ClassInfo[];
  figures?: (label: number) => React.ReactNode;
  heading?: React.ReactNode;
}) {
  const { hidden, toggle } = useOverlay();
  const [text, setText] = useState('');
  const shown = classes
    .map((info, label) => ({ ...info, label }))
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  return (
    <div className="side-part grows" data-panel>
      <ClassSearch classes={classes.length} text={text} setText={setText} placeholder="Find class">
        {heading}
      </ClassSearch>
      <div className="classes" data-testid="classes">
        {shown.map(({ name, color, label }) => (
          <button
            key={label}
            type="button"
            role="switch"
            aria-checked={!hidden.has(label)}
            className="class-row plain-button"
            onClick={() => toggle(label)}
            title={name}
            data-testid={`class-${label}`}
          >
            <span className="class-number">{label + 1}</span>
            <span className="swatch" style={{ background: hidden.has(label) ? undefined : cssColor(color) }} />
            <span className="ellipsis grow">{name}</span>
            {figures?.(label)}
          </button>
        ))}
      </div>
    </div>
  );
}
