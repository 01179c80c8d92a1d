import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { MeanAndWorst, TeacherDifference } from '../../src-main/contract/job.ts';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { duration, figure, percent } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField } from './fields.tsx';
import { problemAt } from './paths.ts';

const WHEN = { off: 'about every crop', 'whole-image': 'once about every whole image' };

/** Whether the teacher's outputs are kept, and what that changes. */
export function TeacherCacheFields({ dataset }: { dataset: number }) {
  const mode = useDraftValue('teacher.cache.mode') ?? 'off';
  const { recipe, teacher, others, problems, set } = useDraft();
  const [measured, setMeasured] = useState<{ of: string; result: TeacherDifference } | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  // What was measured holds for this recipe, data set and teacher only, but whether the cache is on makes no difference.
  const of = JSON.stringify([{ ...(recipe as object), teacher: null }, dataset, teacher, others]);
  const measure = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      const asked = { recipe: recipe as unknown as Recipe, dataset, teacher: teacher!, others };
      setMeasured({ of, result: await ask('recipes.compareTeacher', asked) });
    } catch (error) {
      setRefusal(asRefusal(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Select
        className="wide"
        label={others.length > 0 ? 'Ask the teachers' : 'Ask the teacher'}
        description="Asked once about every whole image, its answers are kept on disk and each crop takes its part of them: a step then costs hardly more than one of the student alone. But it changes what is learnt from: the teacher sees each whole image at its own size, not the crop, scaled and mirrored, that the student sees."
        allowDeselect={false}
        data={Object.entries(WHEN).map(([value, label]) => ({ value, label }))}
        value={String(mode)}
        error={problemAt(problems, 'teacher.cache', true)}
        onChange={(next) => set('teacher.cache.mode', next)}
        data-testid="field-teacher.cache.mode"
      />
      {mode !== 'off' && (
        <ChoiceField
          path="teacher.cache.format"
          label="Keep each value as"
          choices={['float16', 'uint8']}
          titles={{ float16: '16-bit float', uint8: '8 bits, half the room' }}
          initial="float16"
        />
      )}
      <div className="wide">
        <Button
          variant="default"
          loading={busy}
          disabled={teacher === null || problems.length > 0}
          onClick={measure}
          data-testid="compare-teacher"
        >
          Measure the difference on this data set
        </Button>
      </div>
      {refusal && (
        <div className="wide">
          <RefusalBox refusal={refusal} />
        </div>
      )}
      {measured?.of === of && <Differences {...measured.result} />}
    </>
  );
}

function Differences({
  crops,
  bytes,
  images,
  fillSeconds,
  teacherMsPerStep,
  maps,
  otherClass,
  terms,
}: TeacherDifference) {
  const several = new Set(maps.map(({ teacher }) => teacher)).size > 1;
  return (
    <div className="wide teacher-difference" data-testid="teacher-difference">
      <table className="sheet" aria-label="Difference to the live teacher">
        <thead>
          <tr>
            <th>Over {crops} crops</th>
            <th className="number">mean, %</th>
            <th className="number">worst, %</th>
          </tr>
        </thead>
        <tbody>
          {maps.map((map) => (
            <Row
              key={`${map.teacher} ${map.node} ${map.logits}`}
              name={`${several ? map.teacher : 'teacher'}’s ${map.logits ? 'logits' : map.node}`}
              {...map}
            />
          ))}
          <Row name="another likeliest class, share of pixels" {...otherClass} />
          {terms
            .filter(({ worst }) => worst > 0)
            .map((term) => (
              <Row key={term.id} name={`${term.id}: ${figure(term.live)} becomes ${figure(term.cached)}`} {...term} />
            ))}
        </tbody>
      </table>
      <p className="quiet">
        It saves about {Math.round(teacherMsPerStep)} ms a step. Asking about all {images} images takes about{' '}
        {duration(fillSeconds)} and {Math.ceil(bytes / 1e6)} MB on disk, once.
      </p>
    </div>
  );
}

function Row({ name, mean, worst }: MeanAndWorst & { name: string }) {
  return (
    <tr>
      <td>{name}</td>
      <td className="number">{percent(mean)}</td>
      <td className="number">{percent(worst)}</td>
    </tr>
  );
}
