import { MultiSelect, Switch } from '@mantine/core';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { problemAt } from './paths.ts';

/** Where a method taps both networks: the usual places, or chosen ones in pairs. */
export function TapsFields({ path, teacherNetwork }: { path: string; teacherNetwork: string | null }) {
  const networks = useAsk('networks.list', {}).data ?? [];
  const taps = useDraftValue(path) as { student: string[]; teacher: string[] } | null | undefined;
  const studentId = useDraftValue('student.network.id');
  const student = networks.find(({ id }) => id === studentId) ?? null;
  const teacher = networks.find(({ id }) => id === teacherNetwork) ?? null;
  const { set, problems } = useDraft();
  const toggle = () =>
    set(path, taps ? null : { student: student?.defaultTaps ?? [], teacher: teacher?.defaultTaps ?? [] });
  return (
    <>
      <Switch
        className="wide"
        label="Choose the taps"
        checked={Boolean(taps)}
        onChange={toggle}
        data-testid={`field-${path}`}
      />
      {taps &&
        (['student', 'teacher'] as const).map((whose) => {
          const known = (whose === 'student' ? student : teacher)?.taps ?? [];
          return (
            <MultiSelect
              key={whose}
              className="wide"
              label={`Taps of the ${whose}, in order`}
              searchable
              data={[...new Set([...known, ...taps[whose]])]}
              value={taps[whose]}
              error={problemAt(problems, `${path}.${whose}`, true)}
              onChange={(value) => set(`${path}.${whose}`, value)}
            />
          );
        })}
    </>
  );
}
