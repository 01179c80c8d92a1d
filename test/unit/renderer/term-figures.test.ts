import { expect, test } from 'vitest';
import { termFigures } from '../../../src-renderer/train/term-figures.ts';

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

test('a term that its schedule switches off is no fault', () => {
  expect(termFigures([...of('ce', 1, 1, 1), ...of('kd', 5, 0, 3)])[1]).toMatchObject({ says: 'off', gradient: 0 });
});

test('nothing is said of what is not known', () => {
  const [term] = termFigures(of('kd', 0, 0, 3));
  expect(term).toMatchObject({ share: null, gradient: null, gradientShare: null, says: 'something' });
  expect(termFigures([curve('loss', 1)])).toEqual([]);
});
