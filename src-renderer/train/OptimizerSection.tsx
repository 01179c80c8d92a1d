import { Select } from '@mantine/core';
import { useDraft, useDraftValue } from './draft.ts';
import { NumberField } from './fields.tsx';
import type { Json } from './paths.ts';
import { Section } from './Section.tsx';

const KINDS = {
  sgd: { title: 'SGD', fields: { momentum: ['Momentum', 0.9], weightDecay: ['Weight decay', 0] } },
  adam: {
    title: 'Adam',
    fields: {
      beta1: ['Beta 1', 0.9],
      beta2: ['Beta 2', 0.999],
      epsilon: ['Epsilon', 1e-8],
      weightDecay: ['Weight decay', 0],
    },
  },
  adamw: {
    title: 'AdamW',
    fields: {
      beta1: ['Beta 1', 0.9],
      beta2: ['Beta 2', 0.999],
      epsilon: ['Epsilon', 1e-8],
      weightDecay: ['Weight decay', 0.01],
    },
  },
} as const;

/** Which optimizer, with the options that it has. */
export function OptimizerSection() {
  const optimizer = useDraftValue('optimizer') as Record<string, Json> | undefined;
  const set = useDraft((state) => state.set);
  const kind = (optimizer?.kind ?? 'adam') as keyof typeof KINDS;
  return (
    <Section title="Optimizer">
      <Select
        label="Kind"
        allowDeselect={false}
        data={Object.entries(KINDS).map(([value, { title }]) => ({ value, label: title }))}
        value={kind in KINDS ? kind : null}
        onChange={(next) => {
          if (!next || next === kind) return;
          const fields = KINDS[next as keyof typeof KINDS].fields;
          const values = Object.entries(fields).map(([name, [, initial]]) => [name, optimizer?.[name] ?? initial]);
          set('optimizer', {
            kind: next,
            learningRate: optimizer?.learningRate ?? 1e-3,
            ...Object.fromEntries(values),
          });
        }}
        data-testid="field-optimizer.kind"
      />
      <NumberField path="optimizer.learningRate" label="Learning rate" />
      {Object.entries(KINDS[kind]?.fields ?? {}).map(([name, [label, initial]]) => (
        <NumberField key={name} path={`optimizer.${name}`} label={label} initial={initial} />
      ))}
    </Section>
  );
}
