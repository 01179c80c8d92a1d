import { Select } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { type ModelSummary, networkRef } from '../../src-main/contract/model.ts';
import { AVERAGE_TEACHER } from '../../src-main/contract/recipe.ts';
import { useApp } from '../state/app.ts';
import { useDataset } from '../state/dataset.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField, NumberField, TextField } from './fields.tsx';
import { MemorySection } from './MemorySection.tsx';
import { MethodsSection } from './MethodsSection.tsx';
import { OptimizerSection } from './OptimizerSection.tsx';
import { PrecisionSection } from './PrecisionSection.tsx';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';
import { StudentSection } from './StudentSection.tsx';
import { TargetSection } from './TargetSection.tsx';
import { TeacherSection } from './TeacherSection.tsx';

/** Every field of a recipe. */
export function RecipeForm(props: { dataset: DatasetSummary; target: number | null; models: ModelSummary[] }) {
  const { dataset, target, models } = props;
  const { datasets } = useDataset();
  const setDataset = useApp((state) => state.setDataset);
  const { teacher, problems } = useDraft();
  const byAverage = useDraftValue('teacher.model') === AVERAGE_TEACHER;
  const chosen = byAverage ? undefined : models.find(({ id }) => id === teacher);
  const student = networkRef.safeParse(useDraftValue('student.network')).data;
  const steps = useDraftValue('schedule.steps');
  const splits = dataset.splits.map(({ name }) => name);
  return (
    <form
      className="recipe-form"
      onSubmit={(event) => event.preventDefault()}
      aria-label="Recipe"
      data-testid="recipe-form"
    >
      <Section title="Recipe">
        <div className="wide">
          <TextField path="name" label="Name" />
        </div>
      </Section>
      <Section title="Data">
        <Select
          label="Data set"
          allowDeselect={false}
          data={datasets.map(({ id, name }) => ({ value: String(id), label: name }))}
          value={String(dataset.id)}
          error={problemAt(problems, 'data.dataset')}
          onChange={(id) => setDataset(Number(id))}
          data-testid="field-data.dataset"
        />
        <ChoiceField path="data.split" label="Train on" choices={splits} />
        <ChoiceField path="data.evaluationSplit" label="Evaluate on" choices={splits} nullable empty="none" />
      </Section>
      <TargetSection datasets={datasets} source={dataset} chosen={target} />
      <TeacherSection dataset={dataset} models={models} />
      <StudentSection models={models} />
      <MethodsSection teacherNetwork={byAverage ? (student ?? null) : (chosen?.card.network ?? null)} />
      <Section title="Augmentation and batch">
        <NumberField path="augmentation.scale.0" label="Scale from" initial={1} />
        <NumberField path="augmentation.scale.1" label="Scale to" initial={1} />
        <NumberField path="augmentation.flip" label="Flip probability" initial={0.5} />
        <NumberField path="crop.0" label="Crop height, px" />
        <NumberField path="crop.1" label="Crop width, px" />
        <NumberField path="batch" label="Batch" />
      </Section>
      <MemorySection />
      <PrecisionSection />
      <OptimizerSection />
      <Section title="Schedule">
        <NumberField path="schedule.steps" label="Steps" />
        <NumberField path="schedule.warmup" label="Warm-up steps" initial={0} />
        <NumberField path="schedule.power" label="Poly power" initial={0.9} />
        <NumberField path="schedule.minimum" label="Smallest learning rate" initial={0} />
        <NumberField path="seed" label="Seed" initial={0} />
      </Section>
      <Section title="While it runs">
        <NumberField path="evaluation.every" label={`Evaluate every … of ${steps ?? '–'} steps`} initial={0} />
        <NumberField path="checkpoint.every" label="Checkpoint every … steps" initial={50} />
      </Section>
    </form>
  );
}
