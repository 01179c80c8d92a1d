import { MultiSelect, Switch } from '@mantine/core';
import { type NetworkRef, networkRef } from '../../src-main/contract/model.ts';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { problemAt } from './paths.ts';

/** Where a method taps both networks: the usual places, or chosen ones in pairs. */
export function TapsFields({ path, teacherNetwork }: { path: string; teacherNetwork: NetworkRef | null }) {
  const taps = useDraftValue(path) as { student: string[]; teacher: string[] } | null | undefined;
  // What is typed may name no network yet; then there is nothing to ask.
  const typed = networkRef.safeParse(useDraftValue('student.network')).data;
  const student = useAsk('networks.taps', typed ? { network: typed } : null, { keep: true }).data;
  const teacher = useAsk('networks.taps', teacherNetwork && { network: teacherNetwork }).data;
  const { set, problems, others } = useDraft();
  const toggle = () => set(path, taps ? null : { student: student?.usual ?? [], teacher: teacher?.usual ?? [] });
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
          const known = (whose === 'student' ? student : teacher)?.all ?? [];
          return (
            <MultiSelect
              key={whose}
              className="wide"
              label={`Taps of the ${others.length > 0 && whose === 'teacher' ? 'first teacher' : whose}, in order`}
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
