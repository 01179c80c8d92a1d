import { useEffect } from 'react';
import { annotate } from '../annotate/open.ts';
import { usePicture } from '../canvas/use-picture.ts';
import { handle } from '../commands/handlers.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { newestEvaluations } from '../shared/SortSelect.tsx';
import { stepping } from '../shared/stepping.ts';
import { importModel, openDataset } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useDataset } from '../state/dataset.ts';
import { useItems } from '../state/items.ts';
import { useOverlay } from '../state/overlay.ts';
import { useAsk } from '../state/queries.ts';
import { CompareBar } from './CompareBar.tsx';
import './compare.css';
import { Filmstrip } from './Filmstrip.tsx';
import { PaneGrid } from './PaneGrid.tsx';
import { chooseModels } from './panes.ts';
import { SidePanel } from './SidePanel.tsx';
import { Similarity } from './Similarity.tsx';
import { useCompare, worstFirst } from './store.ts';
import { useAhead } from './use-ahead.ts';
import { useModelView } from './use-model-view.ts';

/** Teacher and student over the same image, pixel by pixel. */
export function Compare() {
  const { dataset, loading, error } = useDataset();
  const { item, models: chosen, listing, ordered, tab, crf, setItem } = useCompare();
  const models = useAsk('models.list', {}, { keep: true });
  const evaluations = useAsk('evaluations.list', dataset ? { dataset: dataset.id } : null, { keep: true });
  const items = useItems(dataset?.id ?? null, listing);
  const detail = useAsk('items.get', item === null ? null : { item }, { keep: true });
  const ofItem = useAsk('evaluations.ofItem', item === null ? null : { item }, { keep: true });

  const [teacher, student, third] = chooseModels(models.data ?? [], chosen);
  const picture = usePicture(item, detail.data?.id === item ? (detail.data?.labelled ?? false) : false);
  const classes = dataset?.classes ?? NONE;
  const known = ofItem.data ?? NONE;
  const views = [
    useModelView(teacher, picture.shown, classes, picture.labels, known, crf),
    useModelView(student, picture.shown, classes, picture.labels, known, crf),
    useModelView(third, picture.shown, classes, picture.labels, known, crf),
  ] as const;

  // At first the worst images of the student come first, as soon as it was evaluated.
  const newest = newestEvaluations(evaluations.data ?? []).find((one) => one.model === student?.id && !one.crf);
  useEffect(() => {
    if (!ordered && newest) useCompare.getState().setListing(worstFirst(newest));
  }, [ordered, newest]);
  const settled = ordered || (!newest && evaluations.data !== undefined && models.data !== undefined);
  const first = items.list.at(0);
  useEffect(() => {
    if (item === null && first && settled) setItem(first.id);
  }, [item, first, settled, setItem]);

  useAhead(items.list, item, views, crf);

  useEffect(() => {
    const compare = useCompare.getState();
    const steps = stepping(items.list, () => useCompare.getState().item, setItem);
    const modes = { 'compare.grid': 'grid', 'compare.swipe': 'swipe', 'compare.blink': 'blink' } as const;
    return handle({
      ...steps,
      'item.annotate': () => annotate(useCompare.getState().item, useCompare.getState().listing),
      // The list is ordered worst first: the next one is the next worst.
      'item.nextUnlabelled': steps['item.next'],
      'item.previousUnlabelled': steps['item.previous'],
      'classes.toggle': () => useOverlay.getState().toggleAll(classes.length),
      'pane.image': () => compare.togglePane('image'),
      'pane.truth': () => compare.togglePane('truth'),
      'pane.teacher': () => compare.togglePane('teacher'),
      'pane.student': () => compare.togglePane('student'),
      'pane.third': () => compare.togglePane('third'),
      'pane.error': () => compare.togglePane('error'),
      'compare.crf': compare.toggleCrf,
      'compare.similarity': () => compare.setTab(useCompare.getState().tab === 'similarity' ? 'panes' : 'similarity'),
      ...Object.fromEntries(
        Object.entries(modes).map(([id, mode]) => [
          id,
          () => compare.setMode(useCompare.getState().mode === mode ? 'grid' : mode),
        ]),
      ),
    });
  }, [items.list, setItem, classes.length]);

  if (error) return <RefusalBox refusal={error} />;
  if (!dataset) {
    if (loading) return <Waiting text="Loading the data sets" />;
    return <Empty title="No data set yet" actions={[{ label: 'Open data set folder…', run: openDataset }]} />;
  }
  if (models.data?.length === 0) {
    return (
      <Empty
        title="No model to compare yet"
        text="Import a teacher, or train a student; both can then be seen here image by image."
        actions={[
          { label: 'Import model…', run: importModel },
          { label: 'Train', run: () => useApp.getState().show('train') },
        ]}
      />
    );
  }
  return (
    <>
      <CompareBar
        dataset={dataset}
        models={models.data ?? []}
        shown={[teacher, student, third]}
        evaluations={evaluations.data ?? []}
      />
      {tab === 'similarity' ? (
        <Similarity teacher={teacher} student={student} item={item} classes={classes} />
      ) : (
        <div className="with-side compare-main">
          {detail.error ? (
            <RefusalBox refusal={detail.error} retry={detail.reload} />
          ) : (
            <PaneGrid picture={picture} views={views} classes={classes} labelled={detail.data?.labelled ?? true} />
          )}
          <SidePanel classes={classes} picture={picture} views={views} item={detail.data ?? null} />
        </div>
      )}
      <Filmstrip items={items} current={item} onOpen={setItem} />
    </>
  );
}

const NONE: never[] = [];
