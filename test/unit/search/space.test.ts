import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Space, type SweptField, space as schema, sweep } from '../../../src-main/contract/sweep.ts';
import { gridPoint, gridSize, gridValues, tidy, valueAt } from '../../../src-main/search/space.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const positive = fc.double({ min: 1e-9, max: 1e6, noNaN: true });
const whole = fc.integer({ min: -1000, max: 1000 });
const count = fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined });

/** Two different ends, the smaller first. */
const ends = (of: fc.Arbitrary<number>) =>
  fc
    .tuple(of, of)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

const range = fc.oneof(
  fc.record({ kind: fc.constant('linear' as const), range: ends(number), values: count }),
  fc.record({ kind: fc.constant('log' as const), range: ends(positive), values: count }),
  fc.record({ kind: fc.constant('whole' as const), range: ends(whole), values: count }),
);
const ranges: fc.Arbitrary<Exclude<Space, { kind: 'choices' }>> = range.map(({ kind, range, values }) => ({
  kind,
  ...range,
  ...(values !== undefined && { values }),
}));
const spaces: fc.Arbitrary<Space> = fc.oneof(
  { weight: 3, arbitrary: ranges },
  fc.record({
    kind: fc.constant('choices' as const),
    choices: fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }),
  }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });

test('a value lies in its space, and is as the recipe’s file will have it', () => {
  fc.assert(
    fc.property(spaces, share, (space, u) => {
      expect(schema.parse(space)).toEqual(space);
      const value = valueAt(space, u);
      expect(tidy(space, value)).toEqual(value);
      if (space.kind === 'choices') expect(space.choices).toContain(value);
      else {
        expect(value as number).toBeGreaterThanOrEqual(space.from);
        expect(value as number).toBeLessThanOrEqual(space.to);
        if (space.kind === 'whole') expect(Number.isInteger(value)).toBe(true);
        expect(JSON.parse(JSON.stringify(value))).toEqual(value === 0 ? 0 : value);
      }
    }),
  );
});

test('a larger share leads to no smaller value, and half of a range to its middle', () => {
  fc.assert(
    fc.property(ranges, share, share, (space, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((u) => valueAt(space, u) as number);
      expect(low).toBeLessThanOrEqual(high);
    }),
  );
  expect(valueAt({ kind: 'linear', from: 0, to: 4 }, 0.5)).toBe(2);
  expect(valueAt({ kind: 'log', from: 0.1, to: 10 }, 0.5)).toBe(1);
  expect(valueAt({ kind: 'whole', from: 1, to: 3 }, 0.5)).toBe(2);
  expect([0, 0.3, 0.4, 0.9, 1].map((u) => valueAt({ kind: 'choices', choices: ['a', 'b', 'c'] }, u))).toEqual(
    Array.from('aabcc'),
  );
});

test('a grid of a range goes from end to end, upward', () => {
  fc.assert(
    fc.property(ranges, (space) => {
      fc.pre(space.values !== undefined || space.kind !== 'whole' || space.to - space.from < 100);
      const values = gridValues(space) as number[];
      expect(values[0]).toBe(space.from);
      expect(values.at(-1)).toBe(space.to);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(values.length).toBeLessThanOrEqual(space.values ?? 100);
    }),
  );
  expect(gridValues({ kind: 'log', from: 0.1, to: 10 })).toEqual([0.1, 1, 10]);
  expect(gridValues({ kind: 'linear', from: 0, to: 1, values: 5 })).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(gridValues({ kind: 'whole', from: 2, to: 5 })).toEqual([2, 3, 4, 5]);
  expect(gridValues({ kind: 'whole', from: 1, to: 9, values: 3 })).toEqual([1, 5, 9]);
});

test('the points of a grid are all combinations, each once', () => {
  const few: fc.Arbitrary<SweptField[]> = fc
    .array(
      spaces.filter((space) => space.kind !== 'whole' || space.values !== undefined),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => all.map((space, i) => ({ field: `field${i}`, space })));
  fc.assert(
    fc.property(few, (fields) => {
      const size = gridSize(fields);
      expect(size).toBe(fields.reduce((n, { space }) => n * gridValues(space).length, 1));
      const places = Array.from({ length: size }, (_, i) =>
        gridPoint(fields, i).map((value, f) => gridValues(fields[f].space).indexOf(value)),
      );
      // Of equal values in a grid, which of them it is cannot be told
      const distinct = fields.every(({ space }) => new Set(gridValues(space)).size === gridValues(space).length);
      if (distinct) expect(new Set(places.map(String)).size).toBe(size);
      expect(places.flat()).not.toContain(-1);
    }),
  );
  const two: SweptField[] = [
    { field: 'a', space: { kind: 'choices', choices: ['x', 'y'] } },
    { field: 'b', space: { kind: 'whole', from: 1, to: 2 } },
  ];
  expect([0, 1, 2, 3].map((i) => gridPoint(two, i))).toEqual([
    ['x', 1],
    ['x', 2],
    ['y', 1],
    ['y', 2],
  ]);
  // Not counted one by one: a wide range of whole numbers is told to be too many at once.
  expect(gridSize([{ field: 'a', space: { kind: 'whole', from: 0, to: 1e9 } }])).toBe(1e9 + 1);
});

test('ranges that are none, and fields that are given twice, are refused', () => {
  for (const bad of [
    { kind: 'linear', from: 1, to: 1 },
    { kind: 'log', from: 0, to: 1 },
    { kind: 'whole', from: 1.5, to: 3 },
    { kind: 'choices', choices: [] },
    { kind: 'linear', from: 0, to: 1, values: 1 },
  ])
    expect(schema.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  const one = { field: 'seed', space: { kind: 'whole', from: 0, to: 3 } };
  expect(sweep.shape.fields.safeParse([one]).success).toBe(true);
  expect(sweep.shape.fields.safeParse([one, one]).success).toBe(false);
});
