/**
 * Images that are nearly the same. That two unit vectors have at least a cosine is that they are no further apart than a
 * distance, so a search (near-pairs.ts) can leave out most pairs without missing one. Where too many pairs are left, an
 * index of nearest neighbours along the axes names them instead, which may miss some.
 */
import * as scran from 'scran.js';
import { Problem } from '../contract/problem.ts';
import { clusterSearch, gridSearch } from './near-pairs.ts';
import { alongAxes, inOrder, type Rows } from './vectors.ts';

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
/** Where the grid leaves more than this, clusters may leave fewer. */
const MANY_CANDIDATES = 100_000_000;
/** Neighbours of each item that the index names. */
const NEIGHBOURS = 20;
/** From here on an item has a partner that it equals in every digit shown. */
const EQUAL = 1 - 1e-6;

/**
 * The connected groups of rows whose cosine is at least `threshold`, the likest first.
 * @param rows unit vectors; two rows of zeros count as equal
 * @param threshold above 0, below 1
 * @param axes orthonormal; which ones changes the time only, unless the index is taken
 * @param most pairs that are looked at one by one, before the index is taken
 * @returns the groups, and whether they are all there are
 * @throws Problem where so many pairs are that alike that the threshold tells nothing
 */
export function nearDuplicates(
  rows: Rows,
  threshold: number,
  axes: readonly Float64Array[],
  most = MOST_CANDIDATES,
): { groups: Group[]; exact: boolean } {
  const { count } = rows;
  // Rounding must not lose a pair: the bound is a little wider than what is asked for in the end.
  const distance = Math.sqrt(2 * (1 - threshold) + 1e-5);
  const grid = gridSearch(rows, axes, distance);
  const fewer = Math.min(grid.candidates, most);
  const clusters = grid.candidates > Math.min(MANY_CANDIDATES, most) ? clusterSearch(rows, distance, fewer) : null;
  const search = clusters ?? grid;
  const { order } = search;
  // What is looked at together lies together in memory.
  const vectors = inOrder(rows, order);
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
  const exact = search.candidates <= most;
  if (exact) search.each(compare);
  else eachNeighbour(alongAxes(vectors, axes), compare);
  const found = groups
    .lists((i) => best[i] > Number.NEGATIVE_INFINITY)
    .map((places) => places.map((place) => ({ row: order[place], cosine: best[place] })))
    .map((members) => members.sort((a, b) => b.cosine - a.cosine || a.row - b.row))
    .sort(([a], [b]) => b.cosine - a.cosine || a.row - b.row)
    .map((members) => ({ members: members.map(({ row }) => row), similarities: members.map(({ cosine }) => cosine) }));
  return { groups: found, exact };
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

function squareBetween({ channels, values }: Rows, i: number, j: number): number {
  let sum = 0;
  for (let c = 0, p = i * channels, q = j * channels; c < channels; c++, p++, q++) {
    const apart = values[p] - values[q];
    sum += apart * apart;
  }
  return sum;
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
