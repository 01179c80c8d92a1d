import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Range } from '../../src-main/contract/item-query.ts';
import { cssColor } from '../canvas/palette.ts';
import { whole } from '../shared/format.ts';
import { INSIDE } from '../shared/inside.ts';
import { evaluationName, type FilterKind } from '../shared/item-words.ts';
import { newestEvaluations } from '../shared/SortSelect.tsx';
import { useAsk } from '../state/queries.ts';
import { DisagreementForm } from './DisagreementForm.tsx';
import { Apply, type FormProps, RangeFields } from './filter-fields.tsx';
import { useBrowse } from './store.ts';

/** Values that are switched on and off one by one, at once. */
function Choices(props: {
  values: { value: string; label: React.ReactNode; text?: string; figure?: number }[];
  chosen: readonly string[];
  change: (chosen: string[]) => void;
  empty: string;
  testid: string;
}) {
  const { values, chosen, change, empty, testid } = props;
  const [text, setText] = useState('');
  const shown = values.filter(({ value, text: name }) => (name ?? value).toLowerCase().includes(text.toLowerCase()));
  return (
    <>
      {values.length > 8 && (
        <TextInput
          aria-label="Find"
          placeholder="Find"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
          mb={4}
        />
      )}
      {values.length === 0 && <p className="quiet filter-note">{empty}</p>}
      <div className="filter-choices">
        {shown.map(({ value, label, figure }) => (
          <Checkbox
            key={value}
            checked={chosen.includes(value)}
            onChange={({ currentTarget: { checked } }) =>
              change(checked ? [...chosen, value] : chosen.filter((other) => other !== value))
            }
            label={
              <span className="row">
                {label}
                {figure !== undefined && <span className="quiet">{whole(figure)}</span>}
              </span>
            }
            data-testid={`${testid}-${value}`}
          />
        ))}
      </div>
    </>
  );
}

function SplitForm({ dataset }: FormProps) {
  const { listing, filter } = useBrowse();
  return (
    <Choices
      values={dataset.splits.map(({ name, items }) => ({ value: name, label: name, figure: items }))}
      chosen={listing.filter.splits}
      change={(splits) => filter({ splits })}
      empty="There are no splits."
      testid="split"
    />
  );
}

function ClassForm({ dataset }: FormProps) {
  const { listing, filter } = useBrowse();
  return (
    <Choices
      values={dataset.classes.map(({ name, color }, c) => ({
        value: String(c),
        text: name,
        label: (
          <>
            <span className="swatch" style={{ background: cssColor(color) }} />
            <span className="ellipsis" title={name}>
              {name}
            </span>
          </>
        ),
      }))}
      chosen={listing.filter.classes.map(String)}
      change={(classes) => filter({ classes: classes.map(Number) })}
      empty="There are no classes."
      testid="class-present"
    />
  );
}

function TagForm({ dataset }: FormProps) {
  const { listing, filter } = useBrowse();
  const tags = useAsk('tags.list', { dataset: dataset.id }, { keep: true });
  return (
    <Choices
      values={(tags.data ?? []).map(({ tag, items }) => ({ value: tag, label: tag, figure: items }))}
      chosen={listing.filter.tags}
      change={(all) => filter({ tags: all })}
      empty="No image has a tag yet. Choose images and press T to put one on them."
      testid="tag"
    />
  );
}

/** The two answers to a question; either closes the menu. */
function eitherForm(field: 'labelled' | 'changed', words: { yes: string; no: string }) {
  return ({ close }: FormProps) => {
    const filter = useBrowse((state) => state.filter);
    return (
      <div className="filter-buttons">
        {(['yes', 'no'] as const).map((answer) => (
          <Button
            key={answer}
            variant="default"
            onClick={() => {
              filter({ [field]: answer === 'yes' });
              close();
            }}
            data-autofocus={answer === 'yes' || undefined}
            data-testid={`${field}-${answer}`}
          >
            {words[answer]}
          </Button>
        ))}
      </div>
    );
  };
}

const LabelledForm = eitherForm('labelled', { yes: 'With labels', no: 'Without labels' });
const ChangedForm = eitherForm('changed', { yes: 'Labels changed here', no: 'Labels as in the folder' });

const OPEN: Range = { min: null, max: null };

function SizeForm({ close }: FormProps) {
  const { listing, filter } = useBrowse();
  const [width, setWidth] = useState(listing.filter.width ?? OPEN);
  const [height, setHeight] = useState(listing.filter.height ?? OPEN);
  const bounds = (range: Range) => (range.min === null && range.max === null ? null : range);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        filter({ width: bounds(width), height: bounds(height) });
        close();
      }}
    >
      <span className="quiet">Width</span>
      <RangeFields range={width} change={setWidth} unit="pixels" factor={1} testid="width" />
      <span className="quiet">Height</span>
      <RangeFields range={height} change={setHeight} unit="pixels" factor={1} testid="height" />
      <Apply />
    </form>
  );
}

function ShareForm({ dataset, close }: FormProps) {
  const { listing, filter } = useBrowse();
  const { shares } = listing.filter;
  const [ofClass, setOfClass] = useState(shares.at(-1)?.class ?? null);
  const [range, setRange] = useState<Range>(shares.at(-1) ?? OPEN);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ofClass === null) return;
        const share = { class: ofClass, min: range.min, max: range.max };
        filter({ shares: [...shares.filter((other) => other.class !== ofClass), share] });
        close();
      }}
    >
      <Select
        label="Class"
        searchable
        comboboxProps={INSIDE}
        data={dataset.classes.map(({ name }, c) => ({ value: String(c), label: name }))}
        value={ofClass === null ? null : String(ofClass)}
        onChange={(value) => setOfClass(value === null ? null : Number(value))}
        data-testid="share-class"
      />
      <RangeFields range={range} change={setRange} unit="%" factor={0.01} most={100} testid="share" />
      <span className="quiet filter-note">Of the image’s labelled pixels.</span>
      <Apply disabled={ofClass === null} />
    </form>
  );
}

function ScoreForm({ dataset, names, close }: FormProps) {
  const { listing, filter } = useBrowse();
  const { scores } = listing.filter;
  const choices = newestEvaluations(names.evaluations);
  const last = scores.at(-1);
  const [evaluation, setEvaluation] = useState(last?.evaluation ?? choices[0]?.id ?? null);
  const [ofClass, setOfClass] = useState(last?.class ?? null);
  const [range, setRange] = useState<Range>(last ?? OPEN);
  if (choices.length === 0) {
    return (
      <p className="quiet filter-note">No model was evaluated on this data set yet. Evaluate one in Compare first.</p>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (evaluation === null) return;
        const others = scores.filter((other) => other.evaluation !== evaluation || other.class !== ofClass);
        filter({ scores: [...others, { evaluation, class: ofClass, min: range.min, max: range.max }] });
        close();
      }}
    >
      <Select
        label="Model and split"
        allowDeselect={false}
        comboboxProps={INSIDE}
        data={choices.map((one) => ({ value: String(one.id), label: evaluationName(one) }))}
        value={String(evaluation)}
        onChange={(value) => setEvaluation(Number(value))}
        data-testid="score-evaluation"
      />
      <Select
        label="Figure"
        searchable
        clearable
        placeholder="mIoU of the image"
        comboboxProps={INSIDE}
        data={dataset.classes.map(({ name }, c) => ({ value: String(c), label: `IoU of ${name}` }))}
        value={ofClass === null ? null : String(ofClass)}
        onChange={(value) => setOfClass(value === null ? null : Number(value))}
        data-testid="score-class"
      />
      <RangeFields range={range} change={setRange} unit="%" factor={0.01} most={100} testid="score" />
      <Apply />
    </form>
  );
}

/** The kinds of conditions in the order of the menu, each with the form that sets it. */
export const EDITORS: readonly { kind: FilterKind; title: string; Form: React.ComponentType<FormProps> }[] = [
  { kind: 'split', title: 'Split', Form: SplitForm },
  { kind: 'class', title: 'Class present', Form: ClassForm },
  { kind: 'share', title: 'Share of a class', Form: ShareForm },
  { kind: 'labelled', title: 'Labelled or not', Form: LabelledForm },
  { kind: 'changed', title: 'Changed or not', Form: ChangedForm },
  { kind: 'tag', title: 'Tag', Form: TagForm },
  { kind: 'size', title: 'Image size', Form: SizeForm },
  { kind: 'score', title: 'Result of a model', Form: ScoreForm },
  { kind: 'disagreement', title: 'Disagreement of two models', Form: DisagreementForm },
];
