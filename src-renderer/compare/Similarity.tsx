import { ActionIcon, Select, Switch, Tooltip } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { InspectedMaps } from '../../src-main/contract/inspection.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { useLoaded } from '../canvas/use-picture.ts';
import { ask } from '../host.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { figure } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useAsk } from '../state/queries.ts';
import { MapCanvas } from './MapCanvas.tsx';

const Matrices = lazy(() => import('./Matrices.tsx'));

/** PSD's attention and residual maps and CSD's matrices of one image, teacher and student side by side. */
export function Similarity(props: {
  teacher: ModelSummary | null;
  student: ModelSummary | null;
  item: number | null;
  classes: ClassInfo[];
}) {
  const { teacher, student, item, classes } = props;
  const runs = useAsk('runs.list', {}, { keep: true }).data ?? [];
  const live = runs.filter(
    ({ status, lastCheckpoint }) => (status === 'running' || status === 'paused') && lastCheckpoint !== null,
  );
  const [source, setSource] = useState<string | null>(null);
  const [common, setCommon] = useState(true);
  const [turn, setTurn] = useState(0);

  // A run that trains is looked at before a finished model: this is where one watches it.
  const chosen = source ?? (live[0] ? `run ${live[0].run}` : 'model');
  const run = live.find((candidate) => chosen === `run ${candidate.run}`);
  const key =
    teacher && item !== null && (run || student)
      ? `${teacher.id} ${run ? `${run.run} ${run.lastCheckpoint}` : student?.id} ${item} ${turn}`
      : null;
  const maps = useLoaded<InspectedMaps>(key, () =>
    ask('inspect.maps', {
      teacher: teacher!.id,
      student: run ? { run: run.run } : { model: student!.id },
      item: item!,
      terms: null,
    }),
  );

  if (!teacher || (!student && !run)) {
    return <Empty title="Similarity needs a teacher and a student" text="Choose both in the bar above." />;
  }
  return (
    <div className="similarity scroll fill" data-testid="similarity" data-panel>
      <div className="row">
        <Select
          aria-label="Student"
          w={260}
          allowDeselect={false}
          data={[
            ...(student ? [{ value: 'model', label: `Student ${student.card.name}` }] : []),
            ...live.map((candidate) => ({
              value: `run ${candidate.run}`,
              label: `Run ${candidate.name}, newest checkpoint`,
            })),
          ]}
          value={run ? chosen : 'model'}
          onChange={setSource}
        />
        <Switch label="Same scale for both" checked={common} onChange={() => setCommon(!common)} />
        {maps.value?.step != null && <span className="quiet">step {maps.value.step}</span>}
        {maps.value?.values.map(({ method, value }) => (
          <span key={method} className="quiet" data-testid={`similarity-value-${method}`}>
            {method} {figure(value)}
          </span>
        ))}
        <span className="grow" />
        <Tooltip label="Compute again">
          <ActionIcon aria-label="Compute again" onClick={() => setTurn(turn + 1)} loading={maps.loading}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {maps.error && <RefusalBox refusal={maps.error} retry={() => setTurn(turn + 1)} />}
      {!maps.value && maps.loading && <Waiting text="Computing the maps" />}
      {maps.value && <Maps maps={maps.value} common={common} />}
      {maps.value?.matrices && (
        <Suspense fallback={<Waiting text="Loading the charts" />}>
          <Matrices matrices={maps.value.matrices} classes={classes} />
        </Suspense>
      )}
    </div>
  );
}

function Maps({ maps, common }: { maps: InspectedMaps; common: boolean }) {
  return (
    <section aria-label="PSD maps">
      <h2 className="panel-title">Pixel-wise similarity: attention of each tap, and residuals between taps</h2>
      <div className="similarity-maps">
        {maps.teacher.map((teacher, index) => {
          const student = maps.student[index];
          const both: [number, number] = student
            ? [Math.min(teacher.range[0], student.range[0]), Math.max(teacher.range[1], student.range[1])]
            : teacher.range;
          return (
            <div key={teacher.name} className="map-pair">
              <span className="map-name">{teacher.name}</span>
              <MapCanvas map={teacher} whose="teacher" range={common ? both : teacher.range} />
              {student && <MapCanvas map={student} whose="student" range={common ? both : student.range} />}
            </div>
          );
        })}
      </div>
    </section>
  );
}
