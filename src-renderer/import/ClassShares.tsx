import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { FoundPreview } from '../../src-main/contract/preview.ts';
import { cssColor } from '../canvas/palette.ts';
import { percent } from '../shared/format.ts';
import { ClassFields } from './ClassFields.tsx';

/**
 * The classes with their colours and their shares of the examples' pixels; a click shows one of them alone. On demand
 * their names and colours can be changed.
 */
export function ClassShares(props: {
  preview: FoundPreview;
  classes: ClassInfo[];
  /** What is wrong with the names. */
  fault: string | null;
  only: number | null;
  setOnly: (only: number | null) => void;
}) {
  const { classes, fault, only, setOnly } = props;
  const { pixels, allPixels } = props.preview;
  const [editing, setEditing] = useState(false);
  const ignored = allPixels - pixels.reduce((sum, count) => sum + count, 0);
  const share = (count: number) => (count > 0 ? `${percent(count / allPixels)} %` : '–');
  return (
    <>
      <div className="row">
        <h3 className="panel-title grow">
          {classes.length} {classes.length === 1 ? 'class' : 'classes'}
        </h3>
        {!editing && <span className="quiet">share of the examples</span>}
        <Tooltip label={editing ? 'Done' : 'Change names and colours'}>
          <ActionIcon
            aria-label="Change names and colours of classes"
            aria-pressed={editing}
            variant={editing ? 'filled' : undefined}
            onClick={() => setEditing(!editing)}
            data-testid="import-edit-classes"
          >
            <IconPencil size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {fault && (
        <p className="bad import-fault" role="alert">
          {fault}
        </p>
      )}
      <div className="import-classes" data-testid="import-classes">
        {editing ? (
          <ClassFields classes={classes} />
        ) : (
          classes
            .map((info, label) => ({ ...info, label }))
            .map(({ name, color, label }) => (
              <button
                key={label}
                type="button"
                aria-pressed={only === label}
                className="import-class plain-button"
                onClick={() => setOnly(only === label ? null : label)}
                title={`Show ${name} alone`}
                data-testid={`import-class-${label}`}
              >
                <span className="import-number quiet">{label}</span>
                <span className="swatch" style={{ background: cssColor(color) }} />
                <span className="ellipsis grow">{name}</span>
                <span className="quiet">{share(pixels[label])}</span>
              </button>
            ))
        )}
        <div className="import-class quiet" data-testid="import-ignored">
          <span className="import-number" />
          <span className="swatch" />
          <span className="grow">ignored</span>
          <span>{share(ignored)}</span>
        </div>
      </div>
    </>
  );
}
