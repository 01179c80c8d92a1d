import { Select } from '@mantine/core';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField, NumberField, SwitchField } from './fields.tsx';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';

/** The student's network and its options, and what it starts from. */
export function StudentSection({ models }: { models: ModelSummary[] }) {
  const networks = useAsk('networks.list', {}).data ?? [];
  const id = useDraftValue('student.network.id');
  const auxiliary = useDraftValue('student.auxiliary');
  const { set, problems, start, setStart } = useDraft();
  const network = networks.find((candidate) => candidate.id === id);
  return (
    <Section title="Student">
      <Select
        label="Network"
        className="wide"
        allowDeselect={false}
        searchable
        nothingFoundMessage="No network is called so"
        data={networks.map((candidate) => ({ value: candidate.id, label: candidate.title }))}
        value={typeof id === 'string' ? id : null}
        description={network?.citation}
        error={problemAt(problems, 'student.network.id') ?? problemAt(problems, 'student.network')}
        onChange={(next) => {
          const chosen = networks.find((candidate) => candidate.id === next);
          if (!chosen) return;
          const options = Object.fromEntries(chosen.options.map((option) => [option.name, option.default]));
          // What the paper trains along is on for whoever chooses the network here; a recipe that says nothing leaves it off.
          set('student.network', { id: chosen.id, options });
          set('student.auxiliary', chosen.auxiliary === true);
        }}
        data-testid="field-student.network.id"
      />
      <Select
        label="Starts from"
        description="It takes every array that a model has too, such as the backbone; the rest begins at random."
        className="wide"
        placeholder="random weights"
        clearable
        data={models.map(({ id: number, card }) => ({ value: String(number), label: card.name }))}
        value={start === null ? null : String(start)}
        error={problemAt(problems, 'student.start')}
        onChange={(next) => setStart(next === null ? null : Number(next))}
        data-testid="field-student.start"
      />
      {(network?.auxiliary || auxiliary === true) && (
        <div className="wide">
          <SwitchField
            path="student.auxiliary"
            label="Train its auxiliary outputs along"
            initial={false}
            description="Outputs on inner layers that learn from the labels as cross-entropy does, with the weights of the paper: a step takes a little longer. They are no part of the model that comes out of the run."
          />
        </div>
      )}
      <div className="wide">
        <NumberField
          path="student.average"
          label="Moving average of its weights, decay"
          nullable
          description="The exponential moving average of the weights (0.999, say) is evaluated and kept in their place; empty: the weights themselves."
        />
      </div>
      {network?.options.map(({ name, title, default: initial, among }) => {
        const field = { path: `student.network.options.${name}`, label: title, initial };
        return among ? <ChoiceField key={name} {...field} choices={among} /> : <NumberField key={name} {...field} />;
      })}
    </Section>
  );
}
