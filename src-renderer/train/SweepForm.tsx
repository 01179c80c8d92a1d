import { ActionIcon, Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import type { Search } from '../../src-main/contract/sweep.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useApp } from '../state/app.ts';
import { useDataset } from '../state/dataset.ts';
import { useAsk } from '../state/queries.ts';
import { draftOn, useDraft } from './draft.ts';
import { fieldValue, type Row, rowFor, sweepFields, sweptField } from './sweep-draft.ts';

const SEARCHES = [
  { value: 'random', label: 'Random' },
  { value: 'grid', label: 'Grid' },
  { value: 'bayes', label: 'Bayesian' },
];
const NOTES: Record<Search, string> = {
  random: 'Each run draws its values anew.',
  grid: 'Every combination is tried. “Values” says how many of a range; without it 3, and every whole number.',
  bayes: 'Learns from the runs before, by Optuna: fetched once (18 MB), needs Python 3.10 or later with pip.',
};
const KINDS = [
  { value: 'log', label: 'logarithmic' },
  { value: 'linear', label: 'linear' },
  { value: 'whole', label: 'whole numbers' },
  { value: 'choices', label: 'one of' },
];

/** Asks what a sweep of the recipe that is written goes over, and starts it. */
export function SweepForm({ close }: { close: () => void }) {
  const recipe = useDraft((state) => state.recipe);
  const { dataset } = useDataset();
  const methods = useAsk('methods.list', {}).data ?? [];
  const [rows, setRows] = useState<Row[]>([rowFor(0, null, undefined)]);
  const [search, setSearch] = useState<Search>('random');
  const [runs, setRuns] = useState('12');
  const [seed, setSeed] = useState('0');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [starting, setStarting] = useState(false);
  if (!recipe || !dataset) return null;
  const paths = sweepFields(recipe, methods);
  const fields = rows.map((row) => sweptField(row, search === 'grid'));
  const { data, target } = recipe as unknown as Recipe;
  // Where there is a target, which of the two splits it is depends on the target's labels
  const split = target ? 'the evaluation split' : data.evaluationSplit;
  const change = (key: number, next: Partial<Row>) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...next } : row)));

  async function begin() {
    setStarting(true);
    setRefusal(null);
    try {
      const base = draftOn(dataset!.id);
      const swept = fields.flatMap((field) => field ?? []);
      const count = search === 'grid' ? null : Number(runs);
      const made = await ask('sweeps.start', { base, fields: swept, search, runs: count, seed: Number(seed) });
      close();
      useApp.getState().showSweep(made.sweep);
    } catch (error) {
      setRefusal(asRefusal(error));
    } finally {
      setStarting(false);
    }
  }

  return (
    <div className="sweep-form">
      <p className="quiet">
        One run after another by the recipe of Train, each with other values in these fields. The best is the one with
        the highest mIoU on {split ?? 'the evaluation split'} at its last step.
      </p>
      {rows.map((row) => (
        <FieldRow
          key={row.key}
          row={row}
          paths={paths}
          grid={search === 'grid'}
          choose={(field) => change(row.key, rowFor(row.key, field, fieldValue(recipe, methods, field)))}
          change={(next) => change(row.key, next)}
          remove={rows.length > 1 ? () => setRows(rows.filter(({ key }) => key !== row.key)) : null}
        />
      ))}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconPlus size={12} />}
        onClick={() => setRows([...rows, rowFor(Math.max(...rows.map(({ key }) => key)) + 1, null, undefined)])}
        data-testid="sweep-add"
      >
        Another field
      </Button>
      <div className="sweep-search">
        <SegmentedControl
          aria-label="How it searches"
          data={SEARCHES}
          value={search}
          onChange={(value) => setSearch(value as Search)}
          data-testid="sweep-search"
        />
        {search !== 'grid' && (
          <>
            <TextInput
              label="Runs"
              w={80}
              value={runs}
              onChange={(event) => setRuns(event.currentTarget.value)}
              data-testid="sweep-runs"
            />
            <TextInput label="Seed" w={80} value={seed} onChange={(event) => setSeed(event.currentTarget.value)} />
          </>
        )}
        <span className="quiet grow">{NOTES[search]}</span>
      </div>
      {split !== null && (
        <p className="quiet">
          Choosing by {split} uses it up: the best there is partly the luckiest. Report the chosen model on images that
          were not chosen by.
        </p>
      )}
      {refusal && <RefusalBox refusal={refusal} />}
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <Button disabled={fields.includes(null)} loading={starting} onClick={begin} data-testid="sweep-start">
          Start the sweep
        </Button>
      </Group>
    </div>
  );
}

function FieldRow(props: {
  row: Row;
  paths: string[];
  grid: boolean;
  choose: (field: string) => void;
  change: (next: Partial<Row>) => void;
  remove: (() => void) | null;
}) {
  const { row, paths, grid, choose, change, remove } = props;
  const text = (name: 'from' | 'to' | 'values' | 'choices', label: string, placeholder?: string) => (
    <TextInput
      label={label}
      className={name === 'choices' ? 'grow' : undefined}
      w={name === 'choices' ? undefined : 84}
      value={row[name]}
      placeholder={placeholder}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      data-testid={`sweep-${name}-${row.key}`}
    />
  );
  return (
    <div className="sweep-row">
      <Select
        label="Field"
        w={260}
        searchable
        data={paths}
        value={row.field}
        placeholder="methods.1.weight"
        onChange={(field) => field && choose(field)}
        data-testid={`sweep-field-${row.key}`}
      />
      <Select
        label="May be"
        w={130}
        allowDeselect={false}
        data={KINDS}
        value={row.kind}
        onChange={(kind) => change({ kind: kind as Row['kind'] })}
        data-testid={`sweep-kind-${row.key}`}
      />
      {row.kind === 'choices' ? (
        text('choices', 'Values', 'a, b, c')
      ) : (
        <>
          {text('from', 'From')}
          {text('to', 'To')}
          {grid && text('values', 'Values', row.kind === 'whole' ? 'all' : '3')}
          <span className="grow" />
        </>
      )}
      <ActionIcon
        aria-label={`Remove ${row.field ?? 'this field'}`}
        disabled={remove === null}
        onClick={remove ?? undefined}
      >
        <IconTrash size={14} />
      </ActionIcon>
    </div>
  );
}
