import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { Range } from '../../src-main/contract/item-query.ts';
import { ask } from '../host.ts';
import { percent } from '../shared/format.ts';
import { INSIDE } from '../shared/inside.ts';
import { measureName } from '../shared/item-words.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';
import { Apply, type FormProps, RangeFields } from './filter-fields.tsx';
import { useBrowse } from './store.ts';

/** Filters by how much two models differ; where that is not known of two, lets the host find out. */
export function DisagreementForm({ dataset, names, close }: FormProps) {
  const { listing, filter } = useBrowse();
  const measures = names.measures.filter(({ kind }) => kind === 'disagreement');
  const last = listing.filter.measures.findLast((one) => measures.some(({ id }) => id === one.measure));
  const [measure, setMeasure] = useState<number | null>(last?.measure ?? measures[0]?.id ?? null);
  const [range, setRange] = useState<Range>(last ?? { min: 0.1, max: null });
  const [another, setAnother] = useState(false);
  const chosen = measures.find(({ id }) => id === measure) ?? measures[0];
  if (!chosen || another) return <CompareModels dataset={dataset} names={names} close={close} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const others = listing.filter.measures.filter((other) => other.measure !== chosen.id);
        filter({ measures: [...others, { measure: chosen.id, min: range.min, max: range.max }] });
        close();
      }}
    >
      <Select
        label="Models"
        allowDeselect={false}
        comboboxProps={INSIDE}
        data={measures.map((one) => ({ value: String(one.id), label: measureName(one) }))}
        value={String(chosen.id)}
        onChange={(value) => setMeasure(Number(value))}
        data-testid="disagreement-measure"
      />
      <RangeFields range={range} change={setRange} unit="%" factor={0.01} most={100} testid="disagreement" />
      <span className="quiet filter-note">
        Share of an image’s pixels that the two call differently; on average {percent(chosen.mean)} %.
      </span>
      <div className="row">
        <Apply />
        <Button variant="subtle" onClick={() => setAnother(true)}>
          Compare other models…
        </Button>
      </div>
    </form>
  );
}

function CompareModels({ dataset, close }: FormProps) {
  const models = useAsk('models.list', {}, { keep: true }).data ?? [];
  const [pair, setPair] = useState<(number | null)[]>([null, null]);
  const [split, setSplit] = useState<string | null>(null);
  const [model, other] = pair;
  if (models.length < 2) {
    return (
      <p className="quiet filter-note">
        Two models of this data set’s classes are needed. Import or train another one first.
      </p>
    );
  }
  const start = () =>
    attempt(async () => {
      if (model === null || other === null) return;
      await ask('measures.disagreement', { dataset: dataset.id, split, model, other });
      close();
    });
  return (
    <>
      {['First model', 'Second model'].map((label, place) => (
        <Select
          key={label}
          label={label}
          searchable
          comboboxProps={INSIDE}
          data={models.map(({ id, card }) => ({ value: String(id), label: card.name }))}
          value={pair[place] === null ? null : String(pair[place])}
          onChange={(value) =>
            setPair(pair.map((old, at) => (at !== place ? old : value === null ? null : Number(value))))
          }
          data-testid={`disagreement-model-${place}`}
        />
      ))}
      <Select
        label="Images"
        placeholder="All splits"
        clearable
        comboboxProps={INSIDE}
        data={dataset.splits.map(({ name }) => name)}
        value={split}
        onChange={setSplit}
        data-testid="disagreement-split"
      />
      <span className="quiet filter-note">
        Both run over every image, labelled or not; the jobs tray shows how far they are.
      </span>
      <Button
        onClick={start}
        disabled={model === null || other === null || model === other}
        data-testid="disagreement-start"
      >
        Compare models
      </Button>
    </>
  );
}
