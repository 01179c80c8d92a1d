import { Button, MultiSelect, Select } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { AVERAGE_TEACHER } from '../../src-main/contract/recipe.ts';
import { classesByTeacher } from '../../src-main/contract/taught-classes.ts';
import { ask } from '../host.ts';
import { Facts } from '../shared/Facts.tsx';
import { count } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';
import { TeacherCacheFields } from './TeacherCacheFields.tsx';

/** The teacher, and the others beside it. */
export function TeacherSection({ dataset, models }: { dataset: DatasetSummary; models: ModelSummary[] }) {
  const { teacher, others, setTeacher, setOthers, problems, set } = useDraft();
  const byAverage = useDraftValue('teacher.model') === AVERAGE_TEACHER;
  const choices = models.map(({ id, card, parameters }) => ({
    value: String(id),
    label: `${card.name}, ${count(parameters)} parameters`,
  }));
  const besides = choices.filter(({ value }) => value !== String(teacher));
  return (
    <Section title="Teacher">
      <Select
        label="Model"
        className="wide"
        placeholder="none"
        clearable
        data={[...choices, { value: AVERAGE_TEACHER, label: 'The average of the student’s own weights' }]}
        value={byAverage ? AVERAGE_TEACHER : teacher === null ? null : String(teacher)}
        error={problemAt(problems, 'teacher.model') ?? problemAt(problems, 'teacher')}
        onChange={(id) => {
          const average = id === AVERAGE_TEACHER;
          if (average || byAverage) set('teacher.model', average ? id : null);
          setTeacher(id === null || average ? null : Number(id));
        }}
        data-testid="field-teacher.model"
      />
      {teacher !== null && !byAverage && besides.length > 0 && (
        <MultiSelect
          label="More teachers"
          className="wide"
          placeholder={others.length === 0 ? 'none' : undefined}
          clearable
          searchable
          hidePickedOptions
          data={besides}
          value={others.map(String)}
          error={problemAt(problems, 'teacher.others', true)}
          onChange={(ids) => setOthers(ids.map(Number))}
          data-testid="field-teacher.others"
        />
      )}
      {others.length > 0 && <Combined dataset={dataset} models={models} />}
      <TeacherCacheFields dataset={dataset.id} />
    </Section>
  );
}

/** How the logits of several teachers become those of one, and whose taps are read. */
function Combined({ dataset, models }: { dataset: DatasetSummary; models: ModelSummary[] }) {
  const { teacher, others, best, problems, set } = useDraft();
  const combine = useDraftValue('teacher.combine') ?? 'mean';
  const split = String(useDraftValue('data.split') ?? 'train');
  const methods = useAsk('methods.list', {}).data ?? [];
  const terms = (useDraftValue('methods') ?? []) as { method: string; weight?: number }[];
  const teachers = [teacher, ...others].map((id) => models.find((model) => model.id === id)?.card.name ?? '–');
  const tapping = methods
    .filter(({ taps, needsTeacher }) => taps && needsTeacher)
    .filter(({ id }) => terms.some(({ method, weight }) => method === id && weight !== 0))
    .map(({ id }) => id);
  const problem = problemAt(problems, 'teacher.combine');
  return (
    <>
      <Select
        className="wide"
        label="Taught by"
        description={
          combine === 'mean'
            ? 'Every teacher counts the same at every pixel.'
            : `The teacher with the largest IoU at the pixel’s labelled class on “${split}”; the mean where the label is ignored.`
        }
        allowDeselect={false}
        data={[
          { value: 'mean', label: 'the mean of their logits' },
          { value: 'best-class', label: 'the best teacher of each class' },
        ]}
        value={String(combine)}
        error={problem}
        onChange={(next) => set('teacher.combine', next === 'mean' ? undefined : next)}
        data-testid="field-teacher.combine"
      />
      {combine === 'best-class' && problem && <EvaluateTeachers dataset={dataset} split={split} />}
      {combine === 'best-class' && best && (
        <div className="wide" data-testid="best-teachers">
          <Facts facts={classesByTeacher(best, teachers, dataset.classes)} />
        </div>
      )}
      {tapping.length > 0 && (
        <p className="wide quiet teacher-taps" data-testid="tapped-teacher">
          {tapping.join(', ')} {tapping.length > 1 ? 'read' : 'reads'} taps: those of {teachers[0]}, the first teacher,
          alone.
        </p>
      )}
    </>
  );
}

/** Starts the evaluations that are missing to know who is the best at which class. */
function EvaluateTeachers({ dataset, split }: { dataset: DatasetSummary; split: string }) {
  const { teacher, others } = useDraft();
  const evaluations = useAsk('evaluations.list', { dataset: dataset.id }, { keep: true }).data;
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const going = jobs.some(({ kind, status }) => kind === 'evaluate' && status === 'running');
  const missing = [teacher, ...others].filter(
    (id) => !evaluations?.some((one) => one.model === id && one.split === split && one.step === null && !one.crf),
  );
  const evaluate = () =>
    attempt(async () => {
      for (const model of missing) {
        if (model !== null) await ask('evaluations.start', { model, dataset: dataset.id, split });
      }
    });
  if (!evaluations || missing.length === 0) return null;
  return (
    <div className="wide">
      <Button variant="default" loading={going} onClick={evaluate} data-testid="evaluate-teachers">
        Evaluate {missing.length === 1 ? 'it' : 'them'} on “{split}”
      </Button>
    </div>
  );
}
