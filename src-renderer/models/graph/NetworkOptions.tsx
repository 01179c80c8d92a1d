import { NumberInput, Select } from '@mantine/core';
import type { NetworkSubject } from '../../../src-main/contract/network-drawing.ts';
import { useAsk } from '../../state/queries.ts';
import { SIDES, type Side, useGraph } from './store.ts';

/** The options of the networks of the registry that are drawn, and their number of classes; those of models are as they are. */
export function NetworkOptions() {
  const subjects = useGraph((state) => state.subjects);
  const both = SIDES.every((side) => subjects[side]);
  return SIDES.map((side) => {
    const subject = subjects[side];
    if (!subject || !('network' in subject)) return null;
    return <OptionsOf key={`${side} ${subject.network}`} side={side} subject={subject} lettered={both} />;
  });
}

type Network = Extract<NetworkSubject, { network: string }>;

function OptionsOf({ side, subject, lettered }: { side: Side; subject: Network; lettered: boolean }) {
  const setSubject = useGraph((state) => state.setSubject);
  const networks = useAsk('networks.list', {}).data ?? [];
  // What is left out in the training alone is not drawn
  const options = networks.find(({ id }) => id === subject.network)?.options.filter(({ name }) => name !== 'dropout');
  if (!options) return null;
  return (
    <section className="graph-options" data-testid={`graph-options-${side}`}>
      <h3 className="panel-title">Options{lettered ? ` of ${side === 'left' ? 'A' : 'B'}` : ''}</h3>
      <Value
        label="Classes"
        value={subject.outputs}
        {...{ min: 1, max: 4096, integer: true }}
        set={(outputs) => setSubject(side, { ...subject, outputs })}
        testid={`graph-${side}-outputs`}
      />
      {options.map(({ name, title, default: initial, ...range }) => (
        <Value
          key={name}
          label={title}
          value={subject.options[name] ?? initial}
          {...range}
          set={(value) => setSubject(side, { ...subject, options: { ...subject.options, [name]: value } })}
          testid={`graph-${side}-${name}`}
        />
      ))}
    </section>
  );
}

interface ValueProps {
  label: string;
  value: number;
  min: number;
  max: number;
  integer: boolean;
  /** The values that it may have, where not all are allowed. */
  among?: number[];
  set(value: number): void;
  testid: string;
}

/** A number that is taken over when the field is left or Enter is pressed; one that is not allowed becomes the nearest that is. */
function Value({ label, value, min, max, integer, among, set, testid }: ValueProps) {
  const take = (text: string) => {
    const asked = Number(text);
    if (text.trim() === '' || !Number.isFinite(asked)) return;
    const next = Math.min(max, Math.max(min, integer ? Math.round(asked) : asked));
    if (next !== value) set(next);
  };
  if (among) {
    return (
      <Select
        label={label}
        data={among.map(String)}
        value={String(value)}
        allowDeselect={false}
        onChange={(next) => next !== null && set(Number(next))}
        data-testid={testid}
      />
    );
  }
  return (
    <NumberInput
      // Written anew where what was asked for is not what it became
      key={value}
      label={label}
      defaultValue={value}
      min={min}
      max={max}
      allowDecimal={!integer}
      hideControls
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
      }}
      data-testid={testid}
    />
  );
}
