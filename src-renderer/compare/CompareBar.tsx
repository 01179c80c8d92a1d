import { Button, SegmentedControl, Select } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import type { ItemSort } from '../../src-main/contract/item-query.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { ask } from '../host.ts';
import { SortSelect } from '../shared/SortSelect.tsx';
import { ZoomButtons } from '../shared/ZoomButtons.tsx';
import { attempt } from '../state/actions.ts';
import { ALL_ITEMS } from '../state/item-pages.ts';
import { useAsk } from '../state/queries.ts';
import { useCompare } from './store.ts';

const PLACES = ['Teacher', 'Student', 'Third model'] as const;

/** One thin bar: which models, which images in what order, how they are shown. */
export function CompareBar(props: {
  dataset: DatasetSummary;
  models: ModelSummary[];
  shown: (ModelSummary | null)[];
  evaluations: EvaluationSummary[];
}) {
  const { dataset, models, shown, evaluations } = props;
  const { listing, setListing, setModel, mode, setMode, tab, setTab, crf } = useCompare();
  const { filter, sort } = listing;
  const measures = useAsk('measures.list', { dataset: dataset.id }, { keep: true }).data ?? [];
  const setSplit = (splits: string[]) => setListing({ ...ALL_ITEMS, filter: { ...filter, splits } });
  const setSort = (to: ItemSort) => {
    const evaluation = to.by === 'score' ? evaluations.find(({ id }) => id === to.evaluation) : undefined;
    setListing({ sort: to, filter: evaluation ? { ...filter, splits: [evaluation.split] } : filter });
  };
  const split = filter.splits[0] ?? dataset.splits.find(({ name }) => name === 'val')?.name ?? dataset.splits[0]?.name;
  const missing = shown.filter(
    (model) => model && !evaluations.some((one) => one.model === model.id && one.split === split && one.crf === crf),
  );
  const evaluate = () =>
    attempt(async () => {
      for (const model of missing) {
        if (model && split) await ask('evaluations.start', { model: model.id, dataset: dataset.id, split, crf });
      }
    });
  return (
    <div className="toolbar compare-bar" role="toolbar" aria-label="Comparison" data-panel>
      {PLACES.map((title, place) => (
        <Select
          key={title}
          aria-label={title}
          placeholder={place === 2 ? 'Third' : title}
          title={`${title}: ${shown[place]?.card.name ?? 'none'}`}
          className="compare-model"
          leftSection={<span className="quiet compare-letter">{'ABC'[place]}</span>}
          leftSectionWidth={20}
          comboboxProps={{ width: 280, position: 'bottom-start', shadow: 'md' }}
          searchable
          clearable={place === 2}
          allowDeselect={place === 2}
          data={models.map(({ id, card }) => ({ value: String(id), label: card.name }))}
          value={shown[place] ? String(shown[place].id) : null}
          onChange={(value) => setModel(place as 0 | 1 | 2, value === null ? null : Number(value))}
          data-testid={`model-${['teacher', 'student', 'third'][place]}`}
        />
      ))}
      <SortSelect
        evaluations={evaluations}
        measures={measures}
        classes={dataset.classes}
        sort={sort}
        change={setSort}
      />
      <Select
        aria-label="Split"
        placeholder="All splits"
        w={84}
        clearable={sort.by !== 'score'}
        data={dataset.splits.map(({ name }) => name)}
        value={filter.splits[0] ?? null}
        onChange={(value) => setSplit(value === null ? [] : [value])}
        data-testid="compare-split"
      />
      {missing.length > 0 && (
        <Button
          variant="default"
          onClick={evaluate}
          title={`Evaluate ${missing.map((model) => model?.card.name).join(' and ')} on ${split}${crf ? ', without and with the dense CRF' : ''}: then the worst images can come first`}
          data-testid="evaluate"
        >
          Evaluate
        </Button>
      )}
      <span className="compare-space" />
      <ZoomButtons />
      <SegmentedControl
        aria-label="How to show"
        data={[
          { value: 'grid', label: 'Grid' },
          { value: 'swipe', label: 'Swipe' },
          { value: 'blink', label: 'Blink' },
          { value: 'similarity', label: 'Similarity' },
        ]}
        value={tab === 'similarity' ? 'similarity' : mode}
        onChange={(value) => (value === 'similarity' ? setTab('similarity') : setMode(value as typeof mode))}
        data-testid="compare-mode"
      />
    </div>
  );
}
