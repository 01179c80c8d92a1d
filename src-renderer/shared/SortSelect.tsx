import { Select } from '@mantine/core';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { EvaluationSummary } from '../../src-main/contract/window.ts';
import type { ItemFilter } from '../state/item-pages.ts';

/** Of each model and split the newest evaluation, newest first. */
export function newestEvaluations(evaluations: readonly EvaluationSummary[]): EvaluationSummary[] {
  const newest = new Map<string, EvaluationSummary>();
  for (const evaluation of evaluations) {
    const key = `${evaluation.model} ${evaluation.split}`;
    const known = newest.get(key);
    if (!known || evaluation.id > known.id) newest.set(key, evaluation);
  }
  return [...newest.values()].sort((a, b) => b.id - a.id);
}

/** The order of a list of images: by name, or worst first by what a model reached, over all classes or one. */
export function SortSelect(props: {
  evaluations: EvaluationSummary[];
  classes: ClassInfo[];
  filter: ItemFilter;
  change: (change: Partial<ItemFilter>) => void;
}) {
  const { evaluations, classes, filter, change } = props;
  const choices = newestEvaluations(evaluations);
  // A list may be sorted by an evaluation that is no longer the newest: it stays among the choices.
  const chosen = evaluations.find(({ id }) => id === filter.evaluation);
  if (chosen && !choices.includes(chosen)) choices.push(chosen);
  const sort = (value: string | null) => {
    const evaluation = choices.find(({ id }) => String(id) === value);
    change(evaluation ? { evaluation: evaluation.id, split: evaluation.split } : { evaluation: null, sortClass: null });
  };
  return (
    <>
      <Select
        aria-label="Order"
        className="sort-select"
        allowDeselect={false}
        data={[
          { value: 'key', label: 'By name' },
          ...choices.map(({ id, modelName, split }) => ({
            value: String(id),
            label: `Worst first: ${modelName} on ${split}`,
          })),
        ]}
        value={filter.evaluation === null ? 'key' : String(filter.evaluation)}
        onChange={sort}
        data-testid="sort"
      />
      {filter.evaluation !== null && (
        <Select
          aria-label="Worst by class"
          placeholder="All classes (mIoU)"
          className="sort-class-select"
          clearable
          searchable
          data={classes.map(({ name }, index) => ({ value: String(index), label: name }))}
          value={filter.sortClass === null ? null : String(filter.sortClass)}
          onChange={(value) => change({ sortClass: value === null ? null : Number(value) })}
          data-testid="sort-class"
        />
      )}
    </>
  );
}
