import { Select, Switch, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useDraft, useDraftValue } from './draft.ts';
import { type Json, problemAt } from './paths.ts';

interface FieldProps {
  path: string;
  label: string;
  /** Shown where the recipe says nothing: what then holds. */
  initial?: Json | undefined;
  /** What it does and what it costs, where the label cannot say it. */
  description?: string;
}

function useField(path: string, below = false) {
  const value = useDraftValue(path);
  const set = useDraft((state) => state.set);
  const error = useDraft((state) => problemAt(state.problems, path, below));
  return { value, error, set: (next: Json | undefined) => set(path, next) };
}

/** A figure; `1e-4` may be typed. What is no figure stays as it was typed, and the check says so. */
export function NumberField({ path, label, initial, nullable, description }: FieldProps & { nullable?: boolean }) {
  const { value, error, set } = useField(path);
  const [text, setText] = useState(() => shown(value));
  useEffect(() => {
    setText((now) => (asNumber(now) === value || now === value ? now : shown(value)));
  }, [value]);
  return (
    <TextInput
      label={label}
      description={description}
      inputMode="decimal"
      value={text}
      placeholder={initial === undefined || initial === null ? (nullable ? 'none' : undefined) : String(initial)}
      error={error}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        if (next.trim() === '') set(nullable ? null : undefined);
        else set(asNumber(next) ?? next);
      }}
      data-testid={`field-${path}`}
    />
  );
}

function shown(value: Json | undefined): string {
  return value === undefined || value === null ? '' : String(value);
}

function asNumber(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}

export function TextField({ path, label }: FieldProps) {
  const { value, error, set } = useField(path);
  return (
    <TextInput
      label={label}
      value={shown(value)}
      error={error}
      onChange={(event) => set(event.currentTarget.value)}
      data-testid={`field-${path}`}
    />
  );
}

/** One of some values; numbers stay numbers. */
export function ChoiceField(
  props: FieldProps & {
    choices: readonly (string | number)[];
    titles?: Record<string, string>;
    nullable?: boolean;
    empty?: string;
  },
) {
  const { path, label, description, choices, titles, initial, nullable, empty } = props;
  const { value, error, set } = useField(path);
  return (
    <Select
      label={label}
      description={description}
      data={choices.map((choice) => ({ value: String(choice), label: titles?.[choice] ?? String(choice) }))}
      value={value === undefined ? (initial == null ? null : String(initial)) : value === null ? null : String(value)}
      error={error}
      clearable={nullable ?? false}
      allowDeselect={nullable ?? false}
      placeholder={empty}
      onChange={(next) => set(next === null ? null : (choices.find((choice) => String(choice) === next) ?? null))}
      data-testid={`field-${path}`}
    />
  );
}

export function SwitchField({ path, label, initial, description }: FieldProps) {
  const { value, error, set } = useField(path);
  return (
    <Switch
      label={label}
      description={description}
      checked={(value ?? initial) === true}
      error={error}
      onChange={(event) => set(event.currentTarget.checked)}
      data-testid={`field-${path}`}
    />
  );
}

/** Any value, as JSON. */
export function JsonField({ path, label, initial }: FieldProps) {
  const { value, error, set } = useField(path, true);
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value)));
  const [bad, setBad] = useState(false);
  return (
    <TextInput
      label={label}
      value={text}
      placeholder={initial === undefined ? undefined : JSON.stringify(initial)}
      error={bad ? 'This is not JSON.' : error}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        try {
          set(next.trim() === '' ? undefined : JSON.parse(next));
          setBad(false);
        } catch {
          setBad(true);
        }
      }}
      data-testid={`field-${path}`}
    />
  );
}
