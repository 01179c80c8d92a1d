/**
 * Pairs of unit vectors that may lie within a distance of each other. Each search leaves out pairs of which it is certain
 * that they do not, and knows how many are left before it looks at one.
 */
import { alongAxes, inOrder, type Rows } from './vectors.ts';

export interface PairSearch {
  /** Row numbers, so that what is looked at together lies together. */
  order: Int32Array;
  /** Pairs that are looked at one by one. */
  candidates: number;
  /** Calls back once for each pair of places in the order that may be within the distance. */
  each(call: (i: number, j: number) => void): void;
}

/** Axes that make the grid. */
const GRID_AXES = 4;

/**
 * What is further apart along a few orthonormal axes is further apart altogether: only rows in neighbouring cells of a
 * grid along the first axes are looked at, then axis by axis. Quick where rows differ along few axes.
 */
export function gridSearch(rows: Rows, axes: readonly Float64Array[], distance: number): PairSearch {
  const { order, ranges, steps } = intoCells(alongAxes(rows, axes.slice(0, GRID_AXES)), distance);
  const square = distance * distance;
  let candidates = 0;
  for (const [cell, [from, to]] of ranges) {
    const here = to - from;
    candidates += (here * (here - 1)) / 2;
    for (const step of steps) {
      const there = ranges.get(cell + step);
      if (there) candidates += here * (there[1] - there[0]);
    }
  }
  const each = (call: (i: number, j: number) => void) => {
    const coordinates = inOrder(alongAxes(rows, axes), order);
    const near = (i: number, from: number, to: number) => {
      for (let j = from; j < to; j++) if (isWithin(coordinates, i, j, square)) call(i, j);
    };
    for (const [cell, [from, to]] of ranges) {
      for (let i = from; i < to; i++) near(i, i + 1, to);
      for (const step of steps) {
        const there = ranges.get(cell + step);
        if (there) for (let i = from; i < to; i++) near(i, ...there);
      }
    }
  };
  return { order, candidates, each };
}

interface Cells {
  /** Row numbers, cell by cell. */
  order: Int32Array;
  /** Where each cell begins and ends in the order, by the cell's number. */
  ranges: Map<number, [number, number]>;
  /** What is added to a cell's number for each neighbour that comes after it. */
  steps: number[];
}

/** Sorts rows into cells of a size. */
function intoCells({ count, channels: dimensions, values }: Rows, size: number): Cells {
  // Coordinates of unit vectors are within −1 to 1.
  const side = Math.ceil(2 / size) + 3;
  const cell = Float64Array.from({ length: count }, (_, i) => {
    let number = 0;
    for (let k = 0; k < dimensions; k++) {
      number = number * side + Math.floor((values[i * dimensions + k] + 1) / size) + 1;
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
  return { order, ranges, steps: steps.filter((step) => step > 0) };
}

/** Rows of a cluster are this near to the row that it began with: a cosine of 0.82. */
const REACH = 0.6;
/** Clusters are compared with each other, so there must not be many. */
const MOST_CLUSTERS = 4000;
/** Distances are rounded: bounds of them are this much wider. */
const SLACK = 1e-6;

/** Rows around their mean. */
interface Cluster {
  /** Its places in the order, sorted by their distance from the mean. */
  from: number;
  to: number;
  mean: Float32Array;
}

/**
 * Rows that are like each other make a cluster. By the triangle inequality, rows of two clusters can be near each other
 * only where both are far enough from their means, and rows of one only where they are about equally far from it. Quick
 * where rows come in scenes, however many ways these differ in.
 * @returns null where there are too many clusters, or more than `most` candidates
 */
export function clusterSearch(rows: Rows, distance: number, most: number): PairSearch | null {
  const lists = intoClusters(rows);
  if (!lists) return null;
  const { channels } = rows;
  const order = new Int32Array(rows.count);
  /** Of each place: the distance from its cluster's mean. */
  const away = new Float64Array(rows.count);
  let place = 0;
  const clusters = lists.map((list): Cluster => {
    const mean = meanOfRows(rows, list);
    const sorted = list
      .map((row) => ({ row, away: Math.sqrt(squareBetween(rows.values, row * channels, mean, 0, channels, Infinity)) }))
      .sort((a, b) => a.away - b.away);
    const from = place;
    for (const one of sorted) {
      order[place] = one.row;
      away[place++] = one.away;
    }
    return { from, to: place, mean };
  });
  const reach = distance + SLACK;
  let candidates = 0;
  for (const { from, to } of clusters) {
    for (let i = from, end = from; i < to; i++) {
      while (end < to && away[end] - away[i] <= reach) end++;
      candidates += end - i - 1;
    }
  }
  const pairs: ClusterPair[] = [];
  for (const pair of nearClusters(clusters, away, reach)) {
    const { a, b, i, j } = pair;
    candidates += (a.to - i) * (b.to - j);
    // The pairs of clusters themselves would fill the memory.
    if (candidates > most) return null;
    pairs.push(pair);
  }
  if (candidates > most) return null;
  const { values } = inOrder(rows, order);
  const square = reach * reach;
  const near = (i: number, j: number) =>
    squareBetween(values, i * channels, values, j * channels, channels, square) <= square;
  const each = (call: (i: number, j: number) => void) => {
    for (const { from, to } of clusters) {
      for (let i = from; i < to; i++) {
        for (let j = i + 1; j < to && away[j] - away[i] <= reach; j++) if (near(i, j)) call(i, j);
      }
    }
    for (const pair of pairs) {
      const { a, b, apart } = pair;
      for (let i = pair.i; i < a.to; i++) {
        for (let j = b.to - 1; j >= pair.j && away[i] + away[j] >= apart - reach; j--) if (near(i, j)) call(i, j);
      }
    }
  };
  return { order, candidates, each };
}

/** Channels of which a first sum tells whether a whole one is worth while. */
const HEAD = 8;
/** How many times the share of the first channels in the distance may be what their number tells. */
const HEAD_SPREAD = 2;

/** Row numbers of each cluster; null where there are too many. */
function intoClusters({ count, channels, values }: Rows): number[][] | null {
  const square = REACH * REACH;
  const head = Math.min(HEAD, channels);
  const headSquare = square * Math.min(1, (HEAD_SPREAD * head) / channels);
  const clusters: number[][] = [];
  /** The rows that clusters began with and their first channels, side by side: they are gone through for each row. */
  const firsts = new Float32Array(MOST_CLUSTERS * channels);
  const heads = new Float32Array(MOST_CLUSTERS * head);
  /** The last one that a row was found in comes last: the next image is often of the same scene. */
  const order: number[] = [];
  for (let row = 0; row < count; row++) {
    const at = row * channels;
    const isIn = (k: number) => squareBetween(values, at, firsts, k * channels, channels, square) <= square;
    const mayBeIn = (k: number) => squareBetween(values, at, heads, k * head, head, Infinity) <= headSquare;
    let place = order.length - 1;
    while (place >= 0 && !(mayBeIn(order[place]) && isIn(order[place]))) place--;
    // The first channels may differ more than the others. A cluster too many would do no harm, but very many would.
    if (place < 0) for (place = order.length - 1; place >= 0 && !isIn(order[place]); ) place--;
    if (place >= 0) {
      const [k] = order.splice(place, 1);
      clusters[k].push(row);
      order.push(k);
      continue;
    }
    if (clusters.length === MOST_CLUSTERS) return null;
    const vector = values.subarray(at, at + channels);
    firsts.set(vector, clusters.length * channels);
    heads.set(vector.subarray(0, head), clusters.length * head);
    order.push(clusters.length);
    clusters.push([row]);
  }
  return clusters;
}

interface ClusterPair {
  a: Cluster;
  b: Cluster;
  /** Between their means. */
  apart: number;
  /** The first places of each from which on a row is far enough from its mean. */
  i: number;
  j: number;
}

/** The pairs of clusters of which rows may be within `reach` of each other. */
function* nearClusters(clusters: readonly Cluster[], away: Float64Array, reach: number): Generator<ClusterPair> {
  const radii = clusters.map(({ to }) => away[to - 1]);
  const firstFrom = ({ from, to }: Cluster, least: number) => {
    let place = to;
    while (place > from && away[place - 1] >= least) place--;
    return place;
  };
  for (const [m, a] of clusters.entries()) {
    for (let n = 0; n < m; n++) {
      const b = clusters[n];
      const bound = (radii[m] + radii[n] + reach) ** 2;
      const square = squareBetween(a.mean, 0, b.mean, 0, a.mean.length, bound);
      if (square > bound) continue;
      const apart = Math.sqrt(square);
      const i = firstFrom(a, apart - radii[n] - reach);
      const j = firstFrom(b, apart - radii[m] - reach);
      if (i < a.to && j < b.to) yield { a, b, apart, i, j };
    }
  }
}

function meanOfRows({ channels, values }: Rows, list: readonly number[]): Float32Array {
  const sum = new Float64Array(channels);
  for (const row of list) {
    for (let c = 0, p = row * channels; c < channels; c++, p++) sum[c] += values[p];
  }
  return Float32Array.from(sum, (value) => value / list.length);
}

/** Channels that are added up before the sum is looked at. */
const STRIDE = 16;

/** The square of the distance between two vectors, or some number above `most` where it is above. */
function squareBetween(
  one: Float32Array,
  p: number,
  other: Float32Array,
  q: number,
  channels: number,
  most: number,
): number {
  let sum = 0;
  const end = p + channels;
  while (p < end && sum <= most) {
    for (const stop = Math.min(end, p + STRIDE); p < stop; p++, q++) {
      const apart = one[p] - other[q];
      sum += apart * apart;
    }
  }
  return sum;
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
