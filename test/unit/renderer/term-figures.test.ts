import { expect, test } from 'vitest';
import { termFigures as figuresOf } from '../../../src-renderer/train/term-figures.ts';

const termFigures = (curves: Parameters<typeof figuresOf>[0]) => figuresOf(curves).terms;
const curve = (name: string, ...last: number[]) => ({ name, steps: last.map((_, i) => i), min: last, max: last, last });
const of = (id: string, value: number, weighted: number, norm?: number) => [
  curve(`${id}.value`, 9, value),
  curve(`${id}.weighted`, 9, weighted),
  ...(norm === undefined ? [] : [curve(`${id}.gradientNorm`, norm)]),
];

test('a term’s share of the loss, and its gradient with the weight that it has now', () => {
  const [ce, psd] = termFigures([curve('loss', 1), ...of('ce', 1.5, 3, 0.5), ...of('dsd.psd', 10, 1, 4)]);
  expect(ce).toEqual({ id: 'ce', value: 1.5, share: 0.75, gradient: 1, gradientShare: 1, says: 'something' });
  expect(psd).toMatchObject({ id: 'dsd.psd', value: 10, share: 0.25, says: 'something' });
  expect(psd.gradient).toBeCloseTo(0.4, 12);
});

test('a term that moves nothing is named by its gradient, whatever its value, and by its share before there is one', () => {
  const says = (curves: ReturnType<typeof of>) => termFigures(curves).map((term) => term.says);
  expect(says([...of('ce', 1, 1, 1), ...of('kd', 5, 5, 1e-4)])).toEqual(['something', 'hardly']);
  expect(says([...of('ce', 1, 1, 1), ...of('kd', 1e-5, 1e-5, 0.5)])).toEqual(['something', 'something']);
  expect(says([...of('ce', 1, 1), ...of('kd', 1e-5, 1e-5)])).toEqual(['something', 'hardly']);
});

test('gradients are held against the cross-entropy’s, and what is hardly anything against the largest', () => {
  const { against, terms } = figuresOf([...of('kd', 1, 1, 8), ...of('ce.ohem', 1, 1, 2), ...of('at', 1, 1, 1e-3)]);
  expect(against).toBe('ce.ohem');
  expect(terms.map(({ gradientShare }) => gradientShare)).toEqual([4, 1, 5e-4]);
  expect(terms.map(({ says }) => says)).toEqual(['something', 'something', 'hardly']);
  // Without one, or where it is switched off, there is the largest.
  expect(figuresOf([...of('kd', 1, 1, 8), ...of('cesar', 1, 1, 2)])).toMatchObject({ against: null });
  const off = figuresOf([...of('ce', 1, 0, 2), ...of('kd', 1, 1, 8)]);
  expect(off).toMatchObject({ against: null, terms: [{ gradientShare: 0 }, { gradientShare: 1 }] });
});

test('a term that its schedule switches off is no fault', () => {
  expect(termFigures([...of('ce', 1, 1, 1), ...of('kd', 5, 0, 3)])[1]).toMatchObject({ says: 'off', gradient: 0 });
  // It has no value where it was not computed: one of before counts no more.
  const [, kd] = termFigures([
    ...of('ce', 1, 1, 1),
    { ...curve('kd.value', 5), steps: [0] },
    curve('kd.weighted', 5, 0),
    curve('kd.gradientNorm', 3),
  ]);
  expect(kd).toEqual({ id: 'kd', value: null, share: 0, gradient: 0, gradientShare: 0, says: 'off' });
  // And none at all before its first step.
  const late = termFigures([...of('ce', 1, 1, 1), curve('kd.weighted', 0, 0)])[1];
  expect(late).toMatchObject({ says: 'off', value: null });
  // What has just become 0 is not off.
  expect(termFigures([...of('ce', 1, 1, 1), ...of('kd', 0, 0, 3)])[1].says).toBe('hardly');
});

test('nothing is said of what is not known', () => {
  const [term] = termFigures(of('kd', 0, 0, 3));
  expect(term).toMatchObject({ share: null, gradient: null, gradientShare: null, says: 'something' });
  expect(termFigures([curve('loss', 1)])).toEqual([]);
});
