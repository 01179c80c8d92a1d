import { useEffect } from 'react';
import { handle } from '../commands/handlers.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { openDataset } from '../state/actions.ts';
import { useDataset } from '../state/dataset.ts';
import { useItems } from '../state/items.ts';
import { useAsk } from '../state/queries.ts';
import './browse.css';
import { FilterBar } from './FilterBar.tsx';
import { Grid } from './Grid.tsx';
import { Problems } from './Problems.tsx';
import { useBrowse } from './store.ts';
import { Viewer } from './Viewer.tsx';

/** The images of a data set: a grid with filters, and one image large. */
export function Browse() {
  const { dataset, datasets, loading, error } = useDataset();
  const { filter, opened, open, setFilter } = useBrowse();
  const items = useItems(dataset?.id ?? null, filter);
  const evaluations = useAsk('evaluations.list', dataset ? { dataset: dataset.id } : null, { keep: true });
  const importing = useAsk('jobs.list', {}, { keep: true }).data?.find(
    ({ kind, status }) => (kind === 'import' || kind === 'sample') && status === 'running',
  );
  useEffect(() => handle({ 'viewer.close': () => open(null) }), [open]);

  if (error) return <RefusalBox refusal={error} />;
  if (!dataset) {
    if (loading) return <Waiting text="Loading the data sets" />;
    if (importing) return <Waiting text={`${importing.title}: ${importing.done} of ${importing.total || '…'}`} />;
    return (
      <Empty
        title="No data set yet"
        text="Open a folder of images with label maps. Nothing is written into it."
        actions={[{ label: 'Open data set folder…', run: openDataset, testid: 'empty-open-dataset' }]}
      />
    );
  }
  if (opened !== null) return <Viewer dataset={dataset} list={items.list} />;
  return (
    <>
      <FilterBar
        dataset={dataset}
        datasets={datasets}
        evaluations={evaluations.data ?? []}
        total={items.total}
        filter={filter}
        change={setFilter}
      />
      <Problems problems={dataset.problems} />
      {items.error ? (
        <RefusalBox refusal={items.error} retry={() => items.list.refresh()} />
      ) : items.total === 0 ? (
        <Empty
          title="No image fits the filter"
          actions={[
            { label: 'Show all images', run: () => setFilter({ split: null, classes: [], text: '', ids: null }) },
          ]}
        />
      ) : (
        <Grid key={JSON.stringify(filter)} items={items} onOpen={open} />
      )}
    </>
  );
}
