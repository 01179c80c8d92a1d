import { Select } from '@mantine/core';
import { useDraft, useDraftValue } from './draft.ts';
import { NumberField } from './fields.tsx';
import type { Json } from './paths.ts';
import { problemAt } from './paths.ts';

const SHAPES = {
  same: 'the same at every step',
  constant: 'only between two steps',
  linear: 'along a line between two steps',
  cosine: 'along a cosine between two steps',
};

/** What a term's weight is multiplied by from step to step. */
export function TermScheduleFields({ path }: { path: string }) {
  const schedule = useDraftValue(path) as { [key: string]: Json } | null | undefined;
  const { set, problems } = useDraft();
  const shape = schedule?.shape ?? 'same';
  const choose = (next: string | null) => {
    if (next === null || next === 'same') return set(path, null);
    const { from, to } = { from: 0, to: null, ...schedule };
    const ends = { start: schedule?.start ?? 0, end: schedule?.end ?? 1 };
    set(path, { shape: next, from, to, ...(next === 'constant' ? {} : ends) });
  };
  return (
    <>
      <Select
        label="Weight in the course of the run"
        className="wide"
        allowDeselect={false}
        data={Object.entries(SHAPES).map(([value, label]) => ({ value, label }))}
        value={String(shape)}
        error={problemAt(problems, path) ?? problemAt(problems, `${path}.shape`)}
        onChange={choose}
        data-testid={`field-${path}`}
      />
      {shape !== 'same' && (
        <>
          <NumberField path={`${path}.from`} label="From step" initial={0} />
          <NumberField path={`${path}.to`} label="To step; empty: the end" nullable />
        </>
      )}
      {(shape === 'linear' || shape === 'cosine') && (
        <>
          <NumberField path={`${path}.start`} label="Weight times … at first" />
          <NumberField path={`${path}.end`} label="Weight times … in the end" />
        </>
      )}
    </>
  );
}
