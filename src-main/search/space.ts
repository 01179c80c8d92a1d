/** The values that a swept field may have. */
import type { Space, SweptField, Value } from '../contract/sweep.ts';

/** How many values a grid takes of a range that does not say. */
const GRID_VALUES = 3;

/**
 * Where a share of a range leads.
 * @param u from 0 to 1: of a range its way from one end to the other, of choices and whole numbers which of them
 */
export function valueAt(space: Space, u: number): Value {
  switch (space.kind) {
    case 'choices':
      return space.choices[Math.min(space.choices.length - 1, Math.floor(u * space.choices.length))];
    case 'whole':
      return Math.min(space.to, space.from + Math.floor(u * (space.to - space.from + 1)));
    case 'linear':
      return tidy(space, space.from + u * (space.to - space.from));
    case 'log':
      return tidy(space, space.from * (space.to / space.from) ** u);
  }
}

/** A value as it is tried: a number of a range with four significant digits, for people to read; still in the range. */
export function tidy(space: Space, value: Value): Value {
  if (typeof value !== 'number' || space.kind === 'choices' || space.kind === 'whole') return value;
  return Math.min(space.to, Math.max(space.from, Number(value.toPrecision(4))));
}

/** The values that a grid takes of a space, in ascending order; of a range, both ends are among them. */
export function gridValues(space: Space): Value[] {
  if (space.kind === 'choices') return space.choices;
  const { from, to } = space;
  const all = space.kind === 'whole' ? to - from + 1 : Number.POSITIVE_INFINITY;
  const n = Math.min(all, space.values ?? (space.kind === 'whole' ? all : GRID_VALUES));
  return Array.from({ length: n }, (_, i) => {
    if (space.kind === 'whole') return Math.round(from + (i * (to - from)) / (n - 1));
    // Both ends as they were given, whatever the sum of a range's parts is
    return i === 0 ? from : i === n - 1 ? to : valueAt(space, i / (n - 1));
  });
}

/** How many points a grid over the fields has. */
export function gridSize(fields: readonly SweptField[]): number {
  return fields.reduce((product, { space }) => product * countOf(space), 1);
}

function countOf(space: Space): number {
  if (space.kind === 'whole' && space.values === undefined) return space.to - space.from + 1;
  return gridValues(space).length;
}

/** A point of the grid, by its number from 0; the last field changes fastest. */
export function gridPoint(fields: readonly SweptField[], number: number): Value[] {
  let left = number;
  const point = [...fields].reverse().map(({ space }) => {
    const values = gridValues(space);
    const value = values[left % values.length];
    left = Math.floor(left / values.length);
    return value;
  });
  return point.reverse();
}
