import { lazy, Suspense, useCallback, useEffect } from 'react';
import { handle } from '../commands/handlers.ts';
import { ask } from '../host.ts';
import { Similar } from '../map/Similar.tsx';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt, openDataset } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useDataset } from '../state/dataset.ts';
import { ALL } from '../state/item-pages.ts';
import { useItems } from '../state/items.ts';
import { useAsk } from '../state/queries.ts';
import './browse.css';
import { FilterBar } from './FilterBar.tsx';
import { Grid } from './Grid.tsx';
import { Problems } from './Problems.tsx';
import { SelectionBar } from './SelectionBar.tsx';
import { useBrowse } from './store.ts';
import { Viewer } from './Viewer.tsx';

// The charts are half a megabyte of script.
const Statistics = lazy(() => import('./Statistics.tsx'));

function toggleThumbnailLabels(): Promise<void> {
  const { settings, changeSettings } = useApp.getState();
  return changeSettings({ thumbnailLabels: !settings.thumbnailLabels });
}

/** The images of a data set: a grid with filters, and one image large. */
export function Browse() {
  const { dataset, datasets, loading, error } = useDataset();
  const { mode, listing, opened, statistics, open, show, choose, setMode, toggleStatistics } = useBrowse();
  const items = useItems(dataset?.id ?? null, listing);
  const evaluations = useAsk('evaluations.list', dataset ? { dataset: dataset.id } : null, { keep: true });
  const importing = useAsk('jobs.list', {}, { keep: true }).data?.find(
    ({ kind, status }) => (kind === 'import' || kind === 'sample') && status === 'running',
  );
  const measures = useAsk('measures.list', dataset ? { dataset: dataset.id } : null, { keep: true });
  const { list } = items;
  /** The items from one position of the list to another, by the host where not all of them are in the window. */
  const range = useCallback(
    async (from: number, to: number): Promise<number[]> => {
      if (!dataset) return [];
      const [first, last] = [Math.min(from, to), Math.max(from, to)];
      const here = Array.from({ length: last - first + 1 }, (_, i) => list.at(first + i)?.id);
      if (here.every((id) => id !== undefined)) return here;
      const { filter, sort } = useBrowse.getState().listing;
      return (await ask('items.ids', { dataset: dataset.id, ...filter, sort })).slice(first, last + 1);
    },
    [dataset, list],
  );
  const chooseRange = useCallback(
    (from: number, to: number) => void attempt(async () => choose(await range(from, to))),
    [choose, range],
  );
  const total = items.total ?? 0;
  useEffect(
    () =>
      handle({
        'viewer.close': () => open(null),
        'browse.grid': () => setMode('grid'),
        'browse.map': () => setMode('map'),
        'browse.duplicates': () => setMode('duplicates'),
        'browse.outliers': () => setMode('outliers'),
        'labels.toggle': () => void attempt(toggleThumbnailLabels),
        'statistics.toggle': toggleStatistics,
        'selection.all': { run: () => chooseRange(0, total - 1), enabled: () => total > 0 },
      }),
    [open, setMode, toggleStatistics, chooseRange, total],
  );

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
  const names = { classes: dataset.classes, evaluations: evaluations.data ?? [], measures: measures.data ?? [] };
  return (
    <>
      <FilterBar dataset={dataset} datasets={datasets} names={names} total={items.total} />
      <Problems problems={dataset.problems} />
      <div className={statistics ? 'with-side' : 'fill'}>
        <div className="fill browse-main">
          {mode !== 'grid' ? (
            <Similar dataset={dataset} evaluations={names.evaluations} mode={mode} />
          ) : items.error ? (
            <RefusalBox refusal={items.error} retry={() => items.list.refresh()} />
          ) : items.total === 0 ? (
            <Empty
              title="No image fits the filter"
              actions={[{ label: 'Show all images', run: () => show({ ...listing, filter: ALL }), testid: 'show-all' }]}
            />
          ) : (
            <Grid items={items} onOpen={open} chooseRange={chooseRange} />
          )}
          <SelectionBar dataset={dataset.id} />
        </div>
        {statistics && (
          <Suspense fallback={<Waiting text="Loading the charts" />}>
            <Statistics dataset={dataset} filter={listing.filter} />
          </Suspense>
        )}
      </div>
    </>
  );
}
