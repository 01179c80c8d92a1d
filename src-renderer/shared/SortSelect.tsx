import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconSortAscending, IconSortDescending } from '@tabler/icons-react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import type { ItemSort, MeasureSummary } from '../../src-main/contract/item-query.ts';
import { INSIDE } from './inside.ts';
import { evaluationName, MEASURE_NAMES, measureName, SORT_NAMES } from './item-words.ts';

/** Of each model and split the newest evaluation without and with the dense CRF, newest first. */
export function newestEvaluations(evaluations: readonly EvaluationSummary[]): EvaluationSummary[] {
  const newest = new Map<string, EvaluationSummary>();
  for (const evaluation of evaluations) {
    const key = `${evaluation.model} ${evaluation.split} ${evaluation.crf}`;
    const known = newest.get(key);
    if (!known || evaluation.id > known.id) newest.set(key, evaluation);
  }
  return [...newest.values()].sort((a, b) => b.id - a.id);
}

/** The order of a list of images: by what is known of them, by what a model reached, by how much two differ. */
export function SortSelect(props: {
  evaluations: readonly EvaluationSummary[];
  measures: readonly MeasureSummary[];
  classes: readonly ClassInfo[];
  sort: ItemSort;
  change: (sort: ItemSort) => void;
  /** Whether it stands in a popover. */
  inside?: boolean;
}) {
  const { evaluations, measures, classes, sort, change, inside } = props;
  const dropdown = { width: 300, position: 'bottom-end', ...(inside ? INSIDE : { shadow: 'md' }) } as const;
  const newest = newestEvaluations(evaluations);
  // A list may be sorted by an evaluation that is no longer the newest: it stays among the choices.
  const chosen = evaluations.find(({ id }) => sort.by === 'score' && id === sort.evaluation);
  if (chosen && !newest.includes(chosen)) newest.push(chosen);
  const choices: { group: string; items: { value: string; label: string; sort: ItemSort }[] }[] = [
    {
      group: 'Image',
      items: [
        ...(['key', 'split', 'size', 'labelled', 'changed', 'tags'] as const).map((by) => ({
          value: by,
          label: SORT_NAMES[by],
          sort: { by, descending: by === 'size' || by === 'changed' || by === 'tags' },
        })),
        { value: 'share', label: 'By a class’s share', sort: { by: 'share', class: 0, descending: true } },
      ],
    },
    {
      group: 'Worst first',
      items: newest.map((one) => ({
        value: `score ${one.id}`,
        label: `Worst first: ${evaluationName(one)}`,
        sort: { by: 'score', evaluation: one.id, class: null, descending: false },
      })),
    },
    {
      group: 'Differing most first',
      items: measures.map((one) => ({
        value: `measure ${one.id}`,
        label: `${MEASURE_NAMES[one.kind]}: ${measureName(one)}`,
        sort: { by: 'measure', measure: one.id, descending: true },
      })),
    },
  ];
  const value =
    sort.by === 'score' ? `score ${sort.evaluation}` : sort.by === 'measure' ? `measure ${sort.measure}` : sort.by;
  const choose = (to: string | null) => {
    const found = choices.flatMap(({ items }) => items).find((choice) => choice.value === to);
    if (found) change(found.sort);
  };
  const direction = sort.descending ? 'Descending' : 'Ascending';
  return (
    <>
      <Select
        aria-label="Order"
        className="sort-select"
        allowDeselect={false}
        comboboxProps={dropdown}
        data={choices.filter(({ items }) => items.length > 0)}
        value={value}
        onChange={choose}
        data-testid="sort"
      />
      {(sort.by === 'score' || sort.by === 'share') && (
        <Select
          aria-label="Order by class"
          placeholder="All classes (mIoU)"
          className="sort-class-select"
          clearable={sort.by === 'score'}
          allowDeselect={sort.by === 'score'}
          searchable
          comboboxProps={dropdown}
          data={classes.map(({ name }, index) => ({ value: String(index), label: name }))}
          value={sort.class === null ? null : String(sort.class)}
          onChange={(to) => {
            if (sort.by === 'score') change({ ...sort, class: to === null ? null : Number(to) });
            else if (to !== null) change({ ...sort, class: Number(to) });
          }}
          data-testid="sort-class"
        />
      )}
      <Tooltip label={`${direction}; click to turn round`}>
        <ActionIcon
          aria-label={`${direction}: turn the order round`}
          onClick={() => change({ ...sort, descending: !sort.descending })}
          data-testid="sort-direction"
        >
          {sort.descending ? <IconSortDescending size={16} /> : <IconSortAscending size={16} />}
        </ActionIcon>
      </Tooltip>
    </>
  );
}
