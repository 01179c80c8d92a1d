import { MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { EvaluationSummary } from '../../src-main/contract/window.ts';
import { whole } from '../shared/format.ts';
import { SortSelect } from '../shared/SortSelect.tsx';
import { useApp } from '../state/app.ts';
import type { ItemFilter } from '../state/item-pages.ts';

/** Which images are shown and in what order. */
export function FilterBar(props: {
  dataset: DatasetSummary;
  datasets: DatasetSummary[];
  evaluations: EvaluationSummary[];
  total: number | null;
  filter: ItemFilter;
  change: (change: Partial<ItemFilter>) => void;
}) {
  const { dataset, datasets, evaluations, total, filter, change } = props;
  const setDataset = useApp((state) => state.setDataset);
  const [text, setText] = useState(filter.text);
  const search = useDebouncedCallback((value: string) => change({ text: value }), 200);
  return (
    <div className="toolbar" role="toolbar" aria-label="Filters" data-panel>
      {datasets.length > 1 && (
        <Select
          aria-label="Data set"
          w={160}
          allowDeselect={false}
          data={datasets.map(({ id, name }) => ({ value: String(id), label: name }))}
          value={String(dataset.id)}
          onChange={(id) => setDataset(Number(id))}
        />
      )}
      <Select
        aria-label="Split"
        placeholder="All splits"
        w={150}
        clearable
        data={dataset.splits.map(({ name, items }) => ({ value: name, label: `${name}  ${whole(items)}` }))}
        value={filter.split}
        onChange={(split) => change({ split })}
        data-testid="filter-split"
      />
      <MultiSelect
        aria-label="Classes present"
        placeholder={filter.classes.length === 0 ? 'Any class' : undefined}
        w={220}
        searchable
        clearable
        data={dataset.classes.map(({ name }, index) => ({ value: String(index), label: name }))}
        value={filter.classes.map(String)}
        onChange={(classes) => change({ classes: classes.map(Number) })}
        data-testid="filter-class"
      />
      <TextInput
        aria-label="Name contains"
        placeholder="Name contains"
        w={160}
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
        data-testid="filter-text"
      />
      <SortSelect evaluations={evaluations} classes={dataset.classes} filter={filter} change={change} />
      <span className="grow" />
      <span className="quiet" role="status" data-testid="item-count">
        {total === null ? '' : `${whole(total)} ${total === 1 ? 'image' : 'images'}`}
      </span>
    </div>
  );
}
