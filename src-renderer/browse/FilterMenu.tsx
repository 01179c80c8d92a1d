import { ActionIcon, Button, Popover } from '@mantine/core';
import { IconArrowLeft, IconFilterPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { handle, run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import type { FilterKind, Names } from '../shared/item-words.ts';
import { EDITORS } from './filter-editors.tsx';

type Editing = FilterKind | 'any' | null;

/** The kinds of conditions, and for the chosen one the form that sets it. */
export function FilterMenu(props: {
  dataset: DatasetSummary;
  names: Names;
  /** What is open: a kind's form, the choice of kinds, or nothing. */
  editing: Editing;
  setEditing: (editing: Editing) => void;
}) {
  const { dataset, names, editing, setEditing } = props;
  useEffect(() => handle({ 'filter.add': () => setEditing('any') }), [setEditing]);
  const editor = editing === null || editing === 'any' ? undefined : EDITORS.find(({ kind }) => kind === editing);
  return (
    <Popover
      opened={editing !== null}
      onChange={(open) => setEditing(open ? 'any' : null)}
      position="bottom-start"
      shadow="md"
      width={360}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Tip command="filter.add" disabled={editing !== null}>
          <Button
            variant="default"
            leftSection={<IconFilterPlus size={14} />}
            onClick={() => (editing === null ? run('filter.add') : setEditing(null))}
            data-testid="filter-add"
          >
            Filter
          </Button>
        </Tip>
      </Popover.Target>
      <Popover.Dropdown p={4} className="filter-menu">
        {editor ? (
          <>
            <div className="row filter-head">
              <ActionIcon
                aria-label="Back to all filters"
                title="Back to all filters"
                onClick={() => setEditing('any')}
              >
                <IconArrowLeft size={16} />
              </ActionIcon>
              <span>{editor.title}</span>
            </div>
            <div className="filter-form">
              <editor.Form dataset={dataset} names={names} close={() => setEditing(null)} />
            </div>
          </>
        ) : (
          EDITORS.map(({ kind, title }) => (
            <button
              key={kind}
              type="button"
              className="plain-button menu-row"
              onClick={() => setEditing(kind)}
              data-testid={`filter-kind-${kind}`}
            >
              {title}
            </button>
          ))
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
