import { Select } from '@mantine/core';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField, NumberField } from './fields.tsx';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';

/** The student's network and its options. */
export function StudentSection() {
  const networks = useAsk('networks.list', {}).data ?? [];
  const id = useDraftValue('student.network.id');
  const { set, problems } = useDraft();
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
          set('student.network', { id: chosen.id, options });
        }}
        data-testid="field-student.network.id"
      />
      {network?.options.map(({ name, title, default: initial, among }) => {
        const field = { path: `student.network.options.${name}`, label: title, initial };
        return among ? <ChoiceField key={name} {...field} choices={among} /> : <NumberField key={name} {...field} />;
      })}
    </Section>
  );
}
