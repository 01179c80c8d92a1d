import { ActionIcon, CloseButton, Select, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconChartBar, IconMask, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { run } from '../commands/handlers.ts';
import { tipOf } from '../commands/Tip.tsx';
import { whole } from '../shared/format.ts';
import { chipsOf, type FilterKind, type Names } from '../shared/item-words.ts';
import { SortSelect } from '../shared/SortSelect.tsx';
import { useApp } from '../state/app.ts';
import { ALL } from '../state/item-pages.ts';
import { FilterMenu } from './FilterMenu.tsx';
import { ModeSwitch } from './ModeSwitch.tsx';
import { useBrowse } from './store.ts';
import { ViewsMenu } from './ViewsMenu.tsx';

/** Which images are shown and in what order: what is set, as chips, and the way to set more. */
export function FilterBar(props: {
  dataset: DatasetSummary;
  datasets: DatasetSummary[];
  names: Names;
  total: number | null;
}) {
  const { dataset, datasets, names, total } = props;
  const setDataset = useApp((state) => state.setDataset);
  const labels = useApp((state) => state.settings.thumbnailLabels);
  const { mode, listing, filter, sort, show, statistics } = useBrowse();
  const [editing, setEditing] = useState<FilterKind | 'any' | null>(null);
  const chips = chipsOf(listing.filter, names);
  return (
    <>
      <div className="toolbar browse-bar" role="toolbar" aria-label="Filters" data-panel>
        <ModeSwitch />
        {datasets.length > 1 && (
          <Select
            aria-label="Data set"
            w={150}
            allowDeselect={false}
            data={datasets.map(({ id, name }) => ({ value: String(id), label: name }))}
            value={String(dataset.id)}
            onChange={(id) => setDataset(Number(id))}
            data-testid="dataset"
          />
        )}
        <Search value={listing.filter.text} change={(text) => filter({ text })} />
        <FilterMenu dataset={dataset} names={names} editing={editing} setEditing={setEditing} />
        <span className="grow" />
        <span className="quiet" role="status" data-testid="item-count">
          {total === null ? '' : `${whole(total)} ${total === 1 ? 'image' : 'images'}`}
        </span>
        <SortSelect
          evaluations={names.evaluations}
          measures={names.measures}
          classes={dataset.classes}
          sort={listing.sort}
          change={sort}
        />
        <ViewsMenu dataset={dataset.id} />
        {mode !== 'map' && (
          <Tooltip label={tipOf('labels.toggle')}>
            <ActionIcon
              aria-label="Labels on the thumbnails"
              aria-pressed={labels}
              variant={labels ? 'light' : 'subtle'}
              onClick={() => run('labels.toggle')}
              data-testid="labels-toggle"
            >
              <IconMask size={16} />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={tipOf('statistics.toggle')}>
          <ActionIcon
            aria-label="Classes of these images"
            aria-pressed={statistics}
            variant={statistics ? 'light' : 'subtle'}
            onClick={() => run('statistics.toggle')}
            data-testid="statistics-toggle"
          >
            <IconChartBar size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {chips.length > 0 && (
        <div className="chips" role="toolbar" aria-label="Filters that are set" data-panel>
          {chips.map(({ kind, key, text, without }) => (
            <span key={key} className="chip" data-testid={`chip-${key.trim()}`}>
              <button
                type="button"
                className="plain-button ellipsis"
                title={`${text}; click to change it`}
                onClick={() => setEditing(kind)}
              >
                {text}
              </button>
              <CloseButton
                size={20}
                aria-label={`Take off the filter ${text}`}
                title="Take off this filter"
                onClick={() => show({ ...listing, filter: without })}
              />
            </span>
          ))}
          <button
            type="button"
            className="plain-button quiet chips-clear"
            onClick={() => filter({ ...ALL, text: listing.filter.text })}
            data-testid="filters-clear"
          >
            Clear all
          </button>
        </div>
      )}
    </>
  );
}

/** Asks a moment after the last key; follows where the filter is changed elsewhere. */
function Search({ value, change }: { value: string; change: (text: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const search = useDebouncedCallback(change, 200);
  return (
    <TextInput
      aria-label="Name contains"
      placeholder="Name contains"
      w={150}
      leftSection={<IconSearch size={14} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
      data-testid="filter-text"
    />
  );
}
