/** Filters and orders of images in words. Pure. */
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import type { ItemFilter, ItemSort, MeasureSummary, Range } from '../../src-main/contract/item-query.ts';
import { percent, whole } from './format.ts';

export const SORT_NAMES = {
  key: 'By name',
  split: 'By split',
  size: 'By image size',
  labelled: 'By labelled or not',
  changed: 'By last change',
  tags: 'By number of tags',
} as const satisfies Partial<Record<ItemSort['by'], string>>;

export function evaluationName({
  modelName,
  split,
  step,
  crf,
}: Pick<EvaluationSummary, 'modelName' | 'split' | 'step' | 'crf'>) {
  return `${modelName} on ${split}${step === null ? '' : ` at step ${step}`}${crf ? ', with CRF' : ''}`;
}

/** Of which models a figure is, and where. */
export function measureName({ modelName, otherName, split, rare }: MeasureSummary): string {
  const models = otherName === null ? modelName : `${modelName} and ${otherName}`;
  return `${models}${split === null ? '' : ` on ${split}`}${rare ? ', rare classes more' : ''}`;
}

/** What a figure tells, before the name of its models. */
export const MEASURE_NAMES = {
  disagreement: 'Differing',
  entropy: 'Unsure by entropy',
  margin: 'Unsure by margin',
} as const satisfies Record<MeasureSummary['kind'], string>;

/** Bounds in words, `≥ 10 %`; of a range without bounds nothing. */
export function rangeText({ min, max }: Range, show: (value: number) => string): string {
  if (min !== null && max !== null) return `${show(min)} – ${show(max)}`;
  if (min !== null) return `≥ ${show(min)}`;
  return max === null ? '' : `≤ ${show(max)}`;
}

const inPercent = (value: number) => `${percent(value, Number.isInteger(value * 100) ? 0 : 1)} %`;

export type FilterKind =
  | 'split'
  | 'class'
  | 'share'
  | 'size'
  | 'labelled'
  | 'changed'
  | 'tag'
  | 'score'
  | 'disagreement'
  | 'selection';

/** One condition of a filter: its words, and the filter without it. */
export interface Chip {
  kind: FilterKind;
  key: string;
  text: string;
  without: ItemFilter;
}

/** What the numbers in a filter are called. */
export interface Names {
  classes: readonly ClassInfo[];
  evaluations: readonly EvaluationSummary[];
  measures: readonly MeasureSummary[];
}

/** The conditions of a filter that are not the text, one by one. */
export function chipsOf(filter: ItemFilter, names: Names): Chip[] {
  const chips: Chip[] = [];
  const add = (kind: FilterKind, key: string, text: string, without: Partial<ItemFilter>) =>
    chips.push({ kind, key: `${kind} ${key}`, text, without: { ...filter, ...without } });
  const className = (c: number) => names.classes[c]?.name ?? `class ${c + 1}`;
  if (filter.splits.length > 0) add('split', '', filter.splits.join(' or '), { splits: [] });
  for (const c of filter.classes)
    add('class', `${c}`, className(c), { classes: filter.classes.filter((o) => o !== c) });
  for (const share of filter.shares) {
    const text = `${className(share.class)} ${rangeText(share, inPercent)}`;
    add('share', `${share.class}`, text, { shares: filter.shares.filter((other) => other !== share) });
  }
  const pixels = (value: number) => whole(value);
  for (const side of ['width', 'height'] as const) {
    const bounds = filter[side];
    if (bounds) add('size', side, `${side} ${rangeText(bounds, pixels)}`, { [side]: null });
  }
  if (filter.labelled !== null) {
    add('labelled', '', filter.labelled ? 'with labels' : 'without labels', { labelled: null });
  }
  if (filter.changed !== null) {
    add('changed', '', filter.changed ? 'labels changed' : 'labels not changed', { changed: null });
  }
  for (const tag of filter.tags) add('tag', tag, `# ${tag}`, { tags: filter.tags.filter((other) => other !== tag) });
  for (const score of filter.scores) {
    const of = names.evaluations.find(({ id }) => id === score.evaluation);
    const figure = score.class === null ? 'mIoU' : `IoU of ${className(score.class)}`;
    const text = `${of ? evaluationName(of) : 'a former evaluation'}: ${figure} ${rangeText(score, inPercent)}`;
    const scores = filter.scores.filter((other) => other !== score);
    add('score', `${score.evaluation} ${score.class}`, text.trim(), { scores });
  }
  for (const one of filter.measures) {
    const of = names.measures.find(({ id }) => id === one.measure);
    const range = rangeText(one, inPercent);
    const differ = `${of ? measureName(of) : 'two models'} differ ${range}`;
    const text = of && of.kind !== 'disagreement' ? `${MEASURE_NAMES[of.kind]}: ${measureName(of)} ${range}` : differ;
    const measures = filter.measures.filter((other) => other !== one);
    add('disagreement', `${one.measure}`, text.trim(), { measures });
  }
  if (filter.ids) add('selection', '', `${whole(filter.ids.length)} chosen`, { ids: null });
  return chips;
}
