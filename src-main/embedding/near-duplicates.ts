/**
 * Images that are nearly the same. That two unit vectors have at least a cosine is that they are no further apart than a
 * radius, and what is further apart along a few orthonormal axes is further apart altogether. So only items in
 * neighbouring cells of a grid along the first axes are looked at, then axis by axis, then whole: exact, and quick where
 * vectors differ along few axes, as features do. Where too many pairs are left by the grid, an index of nearest
 * neighbours along the axes names the pairs instead, which may miss some.
 */
import * as scran from 'scran.js';
import { Problem } from '../contract/problem.ts';
import { alongAxes, type Rows } from './vectors.ts';

export interface Group {
  /** Row numbers, the likest first. */
  members: number[];
  /** Of each member: its cosine with the likest other member. */
  similarities: number[];
}

/** More like pairs than this are no near-duplicates any more. */
const MOST_PAIRS = 20_000_000;
/** Pairs that are looked at one by one; they take some seconds. 20,000 items have fewer in all. */
const MOST_CANDIDATES = 1_000_000_000;
/** Neighbours of each item that the index names. */
const NEIGHBOURS = 20;
/** Axes that make the grid. */
const GRID_AXES = 4;
/** From here on an item has a partner that it equals in every digit shown. */
const EQUAL = 1 - 1e-6;

/**
 * The connected groups of rows whose cosine is at least `threshold`, the likest first.
 * @param rows unit vectors; two rows of zeros count as equal
 * @param threshold above 0, below 1
 * @param axes orthonormal; which ones changes the time only, unless the index is taken
 * @returns the groups, and whether they are all there are
 * @throws Problem where so many pairs are that alike that the threshold tells nothing
 */
export function nearDuplicates(
  rows: Rows,
  threshold: number,
  axes: readonly Float64Array[],
  mostCandidates = MOST_CANDIDATES,
): { groups: Group[]; exact: boolean } {
  const { count } = rows;
  // Rounding must not lose a pair: the bound is a little wider than what is asked for in the end.
  const square = 2 * (1 - threshold) + 1e-5;
  const along = alongAxes(rows, axes);
  const { order, cells } = intoCells(along, Math.sqrt(square));
  // What is looked at together lies together in memory.
  const [coordinates, vectors] = [along, rows].map((one) => inOrder(one, order));
  const best = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  const groups = new Groups(count);
  let pairs = 0;
  const compare = (i: number, j: number) => {
    if (best[i] >= EQUAL && best[j] >= EQUAL && groups.of(i) === groups.of(j)) return;
    const cosine = 1 - squareBetween(vectors, i, j) / 2;
    if (cosine < threshold) return;
    if (++pairs > MOST_PAIRS) {
      throw new Problem('Too many images are this much alike.', { next: 'Choose a higher similarity.' });
    }
    best[i] = Math.max(best[i], cosine);
    best[j] = Math.max(best[j], cosine);
    groups.join(i, j);
  };
  const exact = candidates(cells) <= mostCandidates;
  if (exact) eachNear(coordinates, cells, square, compare);
  else eachNeighbour(coordinates, compare);
  const found = groups
    .lists((i) => best[i] > Number.NEGATIVE_INFINITY)
    .map((places) => places.map((place) => ({ row: order[place], cosine: best[place] })))
    .map((members) => members.sort((a, b) => b.cosine - a.cosine || a.row - b.row))
    .sort(([a], [b]) => b.cosine - a.cosine || a.row - b.row)
    .map((members) => ({ members: members.map(({ row }) => row), similarities: members.map(({ cosine }) => cosine) }));
  return { groups: found, exact };
}

interface Cells {
  /** Where each cell begins and ends in the order, by the cell's number. */
  ranges: Map<number, [number, number]>;
  /** What is added to a cell's number for each neighbour that comes after it. */
  steps: number[];
}

/** Sorts rows into cells of a size along the first axes. `order`: row numbers, cell by cell. */
function intoCells({ count, channels, values }: Rows, size: number): { order: Int32Array; cells: Cells } {
  const dimensions = Math.min(GRID_AXES, channels);
  // Coordinates of unit vectors are within −1 to 1.
  const side = Math.ceil(2 / size) + 3;
  const cell = Float64Array.from({ length: count }, (_, i) => {
    let number = 0;
    for (let k = 0; k < dimensions; k++) {
      number = number * side + Math.floor((values[i * channels + k] + 1) / size) + 1;
    }
    return number;
  });
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => cell[a] - cell[b]);
  const ranges = new Map<number, [number, number]>();
  for (let place = 0; place < count; place++) {
    const range = ranges.get(cell[order[place]]);
    if (range) range[1] = place + 1;
    else ranges.set(cell[order[place]], [place, place + 1]);
  }
  let steps = [0];
  for (let k = 0; k < dimensions; k++) steps = steps.flatMap((step) => [-1, 0, 1].map((by) => step * side + by));
  return { order, cells: { ranges, steps: steps.filter((step) => step > 0) } };
}

/** How many pairs lie in the same or in neighbouring cells. */
function candidates({ ranges, steps }: Cells): number {
  let pairs = 0;
  for (const [cell, [from, to]] of ranges) {
    const here = to - from;
    pairs += (here * (here - 1)) / 2;
    for (const step of steps) {
      const there = ranges.get(cell + step);
      if (there) pairs += here * (there[1] - there[0]);
    }
  }
  return pairs;
}

/** Calls back for pairs of near neighbours; startScran() must have been called. */
function eachNeighbour({ count, channels, values }: Rows, call: (i: number, j: number) => void): void {
  const index = scran.buildNeighborSearchIndex(values, {
    numberOfDims: channels,
    numberOfCells: count,
    approximate: true,
  });
  const found = scran.findNearestNeighbors(index, NEIGHBOURS);
  const { runs, indices } = found.serialize();
  index.free();
  found.free();
  for (let i = 0, at = 0; i < count; i++) {
    for (const end = at + runs[i]; at < end; at++) call(i, indices[at]);
  }
}

/** Calls back once for each pair in the same or in neighbouring cells whose distance along the axes is within a bound. */
function eachNear(along: Rows, { ranges, steps }: Cells, square: number, call: (i: number, j: number) => void): void {
  const near = (i: number, from: number, to: number) => {
    for (let j = from; j < to; j++) if (isWithin(along, i, j, square)) call(i, j);
  };
  for (const [cell, [from, to]] of ranges) {
    for (let i = from; i < to; i++) near(i, i + 1, to);
    for (const step of steps) {
      const there = ranges.get(cell + step);
      if (there) for (let i = from; i < to; i++) near(i, ...there);
    }
  }
}

function isWithin({ channels, values }: Rows, i: number, j: number, square: number): boolean {
  let sum = 0;
  for (let k = 0, p = i * channels, q = j * channels; k < channels; k++, p++, q++) {
    const apart = values[p] - values[q];
    sum += apart * apart;
    if (sum > square) return false;
  }
  return true;
}

function squareBetween({ channels, values }: Rows, i: number, j: number): number {
  let sum = 0;
  for (let c = 0, p = i * channels, q = j * channels; c < channels; c++, p++, q++) {
    const apart = values[p] - values[q];
    sum += apart * apart;
  }
  return sum;
}

function inOrder({ count, channels, values }: Rows, order: Int32Array): Rows {
  const sorted = new Float32Array(values.length);
  order.forEach((row, place) => {
    sorted.set(values.subarray(row * channels, (row + 1) * channels), place * channels);
  });
  return { count, channels, values: sorted };
}

/** Groups that grow together (union–find). */
class Groups {
  private readonly parents: Int32Array;

  constructor(count: number) {
    this.parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  /** What stands for the group of `i`. */
  of(i: number): number {
    const { parents } = this;
    while (parents[i] !== i) {
      parents[i] = parents[parents[i]];
      i = parents[i];
    }
    return i;
  }

  join(i: number, j: number): void {
    const [a, b] = [this.of(i), this.of(j)];
    this.parents[Math.max(a, b)] = Math.min(a, b);
  }

  /** The members of each group that pass. */
  lists(pass: (i: number) => boolean): number[][] {
    const lists = new Map<number, number[]>();
    for (let i = 0; i < this.parents.length; i++) {
      if (!pass(i)) continue;
      const list = lists.get(this.of(i));
      if (list) list.push(i);
      else lists.set(this.of(i), [i]);
    }
    return [...lists.values()];
  }
}
