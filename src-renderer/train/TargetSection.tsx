import { Select } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { targetData } from '../../src-main/contract/recipe.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField } from './fields.tsx';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';

/**
 * The data set that the student is adapted to; nothing where there is no other than the source and the recipe wants none.
 * @param chosen the target, by its number
 */
export function TargetSection(props: { datasets: DatasetSummary[]; source: DatasetSummary; chosen: number | null }) {
  const { datasets, source, chosen } = props;
  const { problems, evaluatedOn, set, setTarget } = useDraft();
  const wanted = Boolean(useDraftValue('target'));
  const others = datasets.filter(({ id }) => id !== source.id);
  if (!wanted && others.length === 0) return null;
  const target = others.find(({ id }) => id === chosen);
  const splits = target?.splits.map(({ name }) => name) ?? [];
  const choose = (id: string | null) => {
    setTarget(id === null ? null : Number(id));
    const named = others.find((one) => String(one.id) === id)?.splits.map(({ name }) => name) ?? [];
    const { split, evaluationSplit } = targetData.parse({});
    const has = (name: string | null) => name !== null && named.includes(name);
    const fields = {
      split: has(split) ? split : named[0],
      evaluationSplit: has(evaluationSplit) ? evaluationSplit : null,
    };
    set('target', id === null ? undefined : { dataset: null, ...fields });
  };
  return (
    <Section title="Adaptation">
      <Select
        label="Target data set (unlabelled)"
        className="wide"
        description="A second data set that the student is to work on, by domain adaptation: each step takes a batch of it too, and no label of it is read. Which terms count on it is chosen at each method."
        placeholder="none"
        clearable
        clearButtonProps={{ 'aria-label': 'No target' }}
        data={others.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={wanted && target ? String(target.id) : null}
        error={problemAt(problems, 'target') ?? problemAt(problems, 'target.dataset')}
        onChange={choose}
        data-testid="field-target.dataset"
      />
      {wanted && target && (
        <>
          <ChoiceField path="target.split" label="Adapt to" choices={splits} initial="train" />
          <ChoiceField
            path="target.evaluationSplit"
            label="Evaluate on, where labelled"
            choices={splits}
            nullable
            empty="none"
          />
          {evaluatedOn && (
            <p className="wide quiet" data-testid="evaluated-on">
              {evaluatedOn}
            </p>
          )}
        </>
      )}
    </Section>
  );
}
