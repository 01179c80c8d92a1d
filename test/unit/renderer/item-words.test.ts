import { expect, test } from 'vitest';
import type { EvaluationSummary } from '../../../src-main/contract/evaluation.ts';
import type { MeasureSummary } from '../../../src-main/contract/item-query.ts';
import { chipsOf, rangeText } from '../../../src-renderer/shared/item-words.ts';
import { ALL } from '../../../src-renderer/state/item-pages.ts';

const NAMES = {
  classes: ['sky', 'road', 'pole'].map((name) => ({ name, color: [0, 0, 0] as [number, number, number] })),
  evaluations: [{ id: 8, modelName: 'student', split: 'val', step: null }] as EvaluationSummary[],
  measures: [
    { id: 3, kind: 'disagreement', rare: false, modelName: 'student', otherName: 'teacher', split: null },
    { id: 4, kind: 'entropy', rare: true, modelName: 'teacher', otherName: null, split: 'val' },
  ] as MeasureSummary[],
};

const FULL = {
  ...ALL,
  splits: ['val', 'test'],
  classes: [2, 0],
  shares: [{ class: 1, min: 0.125, max: null }],
  width: { min: 1000, max: 2048 },
  labelled: false,
  changed: true,
  tags: ['night'],
  text: 'frame',
  scores: [{ evaluation: 8, class: 2, min: null, max: 0.5 }],
  measures: [
    { measure: 3, min: 0.1, max: null },
    { measure: 4, min: 0.2, max: null },
  ],
  ids: [5, 6],
};

test('each condition of a filter is a chip in words', () => {
  expect(chipsOf(FULL, NAMES).map(({ text }) => text)).toEqual([
    'val or test',
    'pole',
    'sky',
    'road ≥ 12.5 %',
    'width 1\u202f000 – 2\u202f048',
    'without labels',
    'labels changed',
    '# night',
    'student on val: IoU of pole ≤ 50 %',
    'student and teacher differ ≥ 10 %',
    'Unsure by entropy: teacher on val, rare classes more ≥ 20 %',
    '2 chosen',
  ]);
  expect(chipsOf({ ...ALL, text: 'frame' }, NAMES)).toEqual([]);
});

test('taking chips off one by one, in any order, ends at a filter that lets everything but the text through', () => {
  for (const first of [true, false]) {
    let filter: typeof ALL = FULL;
    for (let chips = chipsOf(filter, NAMES); chips.length > 0; chips = chipsOf(filter, NAMES)) {
      const [gone] = first ? chips : chips.slice(-1);
      filter = gone.without;
      expect(chipsOf(filter, NAMES).map(({ key }) => key)).toEqual(
        chips.filter((chip) => chip !== gone).map(({ key }) => key),
      );
    }
    expect(filter).toEqual({ ...ALL, text: 'frame' });
  }
});

test('what a filter names and is not there any more is said in general words', () => {
  const filter = { ...ALL, classes: [7], scores: FULL.scores, measures: FULL.measures };
  const texts = chipsOf(filter, { classes: [], evaluations: [], measures: [] }).map(({ text }) => text);
  expect(texts).toEqual([
    'class 8',
    'a former evaluation: IoU of class 3 ≤ 50 %',
    'two models differ ≥ 10 %',
    'two models differ ≥ 20 %',
  ]);
});

test('a range is told by the bounds that it has', () => {
  const show = String;
  expect(rangeText({ min: 1, max: 2 }, show)).toBe('1 – 2');
  expect(rangeText({ min: 0, max: null }, show)).toBe('≥ 0');
  expect(rangeText({ min: null, max: 2 }, show)).toBe('≤ 2');
  expect(rangeText({ min: null, max: null }, show)).toBe('');
});
