/** docs/results.md out of the records: every figure in it comes from one of them. Pure. */
import { CAMVID_CLASSES } from '../../src-main/datasets/classes/camvid.ts';
import { mean } from '../bench/statistics.ts';
import { bestWeights, type RunRecord, type StepTime, sumName, type WeightTrial } from './records.ts';
import { SUMS } from './sums.ts';
import type { Table } from './tables.ts';
import type { Entry } from './terms.ts';

/** The 97.5 % quantile of Student's t by degrees of freedom: half the width of a 95 % interval in standard errors. */
const T975 = [Number.NaN, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

export interface Paired {
  mean: number;
  /** Of the mean; NaN for a single pair. */
  standardError: number;
  /** Half the width of the 95 % interval. */
  half: number;
  count: number;
}

/** The mean of what was measured in pairs, and how sure it is. @throws Error where there is nothing */
export function paired(differences: readonly number[]): Paired {
  const count = differences.length;
  const middle = mean(differences);
  const variance = differences.reduce((sum, d) => sum + (d - middle) ** 2, 0) / (count - 1);
  const standardError = Math.sqrt(variance / count);
  return { mean: middle, standardError, half: (T975[count - 1] ?? 1.96) * standardError, count };
}

export interface Found {
  tables: readonly Table[];
  /** Of recipes that the tables have. */
  runs: readonly RunRecord[];
  times: readonly StepTime[];
  trials: readonly WeightTrial[];
  /** What the teacher has on val; null where it has not been evaluated. */
  teacher: { name: string; mIoU: number } | null;
}

export function reportText(found: Found): string {
  const parts = [
    '# Results',
    '',
    '[How it was done and how to read it](study.md). Written by `npm run study -- --report` out of the records in',
    '[results/](results/); each record is one run, with its whole recipe. mIoU in %, over the 11 classes of all 101 images of',
    'CamVid’s val split, of the last checkpoint of a run. Weights of terms, and the best sum, were set on every fifth image of',
    'train, held back for that; val set none of them. Changes are to the student alone with the same seed (the same first',
    'weights and the same batches), for the same steps and, where a table has such a student, for so many steps as take the same',
    'time: mean over the seeds and the 95 % interval of it by Student’s t. Gradients: of each term, with its weight, against that',
    'of the cross-entropy beside it.',
    '',
    found.teacher
      ? `Teacher: ${found.teacher.name}, mIoU ${percent(found.teacher.mIoU)}.`
      : 'The teacher has not been evaluated yet.',
    '',
    ...weightLines(found.trials),
    ...found.tables.flatMap((table) => tableLines(table, found)),
    ...costLines(found.times),
  ];
  return `${parts.join('\n')}\n`;
}

function weightLines(trials: readonly WeightTrial[]): string[] {
  if (trials.length === 0) return ['No weights have been tried yet: the methods have their defaults.', ''];
  const best = bestWeights(trials);
  const plain = trials.find(({ method }) => method === 'alone');
  const alone = plain ? [`The student alone has ${percent(plain.mIoU)} there.`] : [];
  const sums = SUMS.map(sumName);
  const methods = [...new Set(trials.map(({ method }) => method))].filter(
    (method) => method !== 'alone' && !sums.includes(method),
  );
  const rows = methods.map((method) => {
    const tried = trials
      .filter((trial) => trial.method === method)
      .sort((a, b) => a.weight - b.weight)
      .map(({ weight, mIoU }) => `${short(weight)}: ${percent(mIoU)}`);
    return `| ${method} | ${tried.join(' · ')} | ${short(best[method])} |`;
  });
  return [
    '## Weights',
    '',
    'mIoU on the fifth of train that was held back, by weight; each with one seed and half the steps of the first table.',
    ...alone,
    '',
    '| method | tried | taken |',
    '|---|---|---|',
    ...rows,
    '',
    ...sumLines(trials),
  ];
}

function sumLines(trials: readonly WeightTrial[]): string[] {
  const rows = SUMS.flatMap((sum) => {
    const of = trials.filter(({ method }) => method === sumName(sum)).sort((a, b) => a.seed - b.seed);
    if (of.length === 0) return [];
    return [
      `| ${sum.title} | ${of.map(({ mIoU }) => percent(mIoU)).join(' · ')} | ${percent(mean(of.map(({ mIoU }) => mIoU)))} |`,
    ];
  });
  if (rows.length === 0) return [];
  return [
    'Sums there, for all steps of the first table; each term has the weight that did best by itself unless a factor is given:',
    '',
    '| sum | by seed | mean |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

function tableLines(table: Table, { runs, times }: Found): string[] {
  const current = runs.filter((run) => run.table === table.id);
  const lines = [`## ${table.title}`, ''];
  const wanted = table.entries.length * table.seeds;
  lines.push(`Student ${networkText(table)}; ${current.length} of ${wanted} runs are done.`, '');
  if (current.length === 0) return lines;
  lines.push(
    '| | steps | seeds | mIoU | change | change, same time | gradients | time per step | recipe (seed 0) |',
    '|---|---|---|---|---|---|---|---|---|',
  );
  for (const entry of table.entries) {
    if (current.some((run) => run.entry === entry.id)) lines.push(entryLine(table, entry, current, times));
  }
  lines.push(
    '',
    ...quarterLines(current.filter(({ entry }) => entry === 'alone')),
    ...verdicts(table, current),
    ...classLines(table, current),
  );
  return lines;
}

function entryLine(table: Table, entry: Entry, current: readonly RunRecord[], times: readonly StepTime[]): string {
  const of = current.filter((run) => run.entry === entry.id);
  const sameTime = trainedAsLong(table, entry);
  const time = times.find((one) => one.table === table.id && one.entry === entry.id);
  const first = of.find(({ seed }) => seed === 0);
  return `| ${[
    entry.title,
    of[0].recipe.schedule.steps,
    of.length,
    percent(mean(of.map(({ mIoU }) => mIoU))),
    entry.id === 'alone' ? '–' : changeText(differences(current, entry.id, 'alone')),
    sameTime ? changeText(differences(current, entry.id, sameTime.id)) : '–',
    gradientsText(of),
    time ? `${time.ratio.toFixed(2)} ± ${time.spread.toFixed(2)}` : entry.terms.length === 0 ? '1' : 'not measured',
    first ? `\`${first.recipeHash.slice(0, 12)}\`` : '–',
  ].join(' | ')} |`;
}

/** The student alone that is trained for the time of an entry, where the table has one. */
function trainedAsLong(table: Table, { id }: Entry): Entry | undefined {
  return table.entries.find(({ sameTimeAs }) => sameTimeAs === id);
}

/** Of each term but cross-entropy, against cross-entropy's, the mean over the seeds. */
function gradientsText(of: readonly RunRecord[]): string {
  const known = of.flatMap(({ gradients }) => (gradients ? [gradients] : []));
  if (known.length === 0) return '–';
  const [, ...terms] = Object.keys(known[0]);
  return terms.map((id) => short(mean(known.map((one) => one[id])), 2)).join(' + ') || '–';
}

/** What an entry has more than another, seed by seed, where both are done. */
function differences(current: readonly RunRecord[], entry: string, against: string): number[] {
  const others = new Map(current.filter((run) => run.entry === against).map((run) => [run.seed, run.mIoU]));
  return current
    .filter((run) => run.entry === entry && others.has(run.seed))
    .map(({ seed, mIoU }) => mIoU - others.get(seed)!);
}

function changeText(apart: readonly number[]): string {
  if (apart.length === 0) return '–';
  const { mean: middle, half } = paired(apart);
  return apart.length === 1
    ? signed(middle)
    : `${signed(middle)} (${signed(middle - half)} to ${signed(middle + half)})`;
}

/** Where a change comes from: the IoU of each class, the mean over the seeds. */
function classLines(table: Table, current: readonly RunRecord[]): string[] {
  const rows = table.entries.flatMap(({ id, title }) => {
    const of = current.filter(({ entry }) => entry === id);
    if (of.length === 0) return [];
    const each = CAMVID_CLASSES.map((_, c) => of.flatMap(({ ious }) => ious[c] ?? []));
    return [
      `| ${[title, ...each.map((ious) => (ious.length > 0 ? (100 * mean(ious)).toFixed(1) : '–'))].join(' | ')} |`,
    ];
  });
  const names = CAMVID_CLASSES.map(({ name }) => name);
  return [
    'IoU by class, mean over the seeds:',
    '',
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...rows,
    '',
  ];
}

/** How far from flat the student alone still is. */
function quarterLines(alone: readonly RunRecord[]): string[] {
  const gains = alone.flatMap(({ mIoU, mIoUBefore }) => (mIoUBefore === null ? [] : [mIoU - mIoUBefore]));
  if (gains.length === 0) return [];
  return [`In its last quarter the student alone gains ${signed(mean(gains))} (mean of ${gains.length}).`, ''];
}

/** Fewer pairs than this say nothing about how sure a mean is. */
const FEWEST_PAIRS = 3;

/** By how many standard errors each entry is over the student alone, for the same steps and the same time, and the best sum over the rest. */
function verdicts(table: Table, current: readonly RunRecord[]): string[] {
  const lines = table.entries
    .filter(({ terms }) => terms.length > 0)
    .flatMap((entry) => {
      const sameTime = trainedAsLong(table, entry);
      return [
        ...verdict(entry.title, 'the student alone', differences(current, entry.id, 'alone')),
        ...(sameTime
          ? verdict(entry.title, 'the student alone for the same time', differences(current, entry.id, sameTime.id))
          : []),
      ];
    });
  const all = [...lines, ...sumVerdict(table, current)];
  return all.length > 0 ? [...all, ''] : [];
}

/** Whether the best sum is over whatever else did best. */
function sumVerdict(table: Table, current: readonly RunRecord[]): string[] {
  const sum = table.entries.find(({ id }) => id === 'best')!;
  const others = table.entries
    .filter(({ id, terms }) => id !== sum.id && terms.length > 0)
    .map((entry) => ({ entry, mIoUs: current.filter((run) => run.entry === entry.id).map(({ mIoU }) => mIoU) }))
    .filter(({ mIoUs }) => mIoUs.length >= FEWEST_PAIRS)
    .sort((a, b) => mean(b.mIoUs) - mean(a.mIoUs));
  if (others.length === 0) return [];
  const { id, title } = others[0].entry;
  return verdict(sum.title, `the best of the others (${title})`, differences(current, sum.id, id));
}

function verdict(title: string, against: string, apart: readonly number[]): string[] {
  if (apart.length < FEWEST_PAIRS) return [];
  const { mean: middle, standardError } = paired(apart);
  const errors = `${Math.abs(middle / standardError).toFixed(1)} standard errors`;
  if (Math.abs(middle) <= 2 * standardError) return [`- ${title}: not told apart from ${against} (${errors}).`];
  return [`- ${title}: ${middle > 0 ? 'over' : 'under'} ${against} by ${errors}.`];
}

function costLines(times: readonly StepTime[]): string[] {
  if (times.length === 0) return [];
  const machines = [...new Set(times.map(({ machine }) => machine))];
  return [
    'Time per step: against a step of the student alone, both with the loader and the teacher’s outputs from the cache, in',
    `alternation in one process; the median of the pairs’ ratios ± half their interquartile range. On ${machines.join('; ')}.`,
    '',
  ];
}

function networkText({ student, start }: Table): string {
  const options = Object.entries(student.options).map(([name, value]) => `${name}=${value}`);
  const named = options.length > 0 ? `${student.id} (${options.join(', ')})` : student.id;
  return `${named}, ${start === null ? 'from random weights' : `from the known weights ${start}`}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(2)}`;
}

function short(value: number, digits = 3): string {
  return String(Number(value.toPrecision(digits)));
}
