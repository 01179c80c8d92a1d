/** Ordering many items by a figure: a database does it row by row, with a text beside each. */

/**
 * Items by their figures; those that have the same stay in their order, and so do those without, which come last.
 * @param ids item numbers, which are small
 * @param figures rows of (item, figure) of these items and others, one for each at most
 * @param absent the figure of an item that has no row; null: it has none
 */
export function byFigure(
  ids: readonly number[],
  figures: readonly (readonly [item: number, figure: number | null])[],
  descending: boolean,
  absent: number | null = null,
): number[] {
  const most = ids.reduce((a, b) => Math.max(a, b), 0);
  const figureOf = new Float64Array(most + 1).fill(absent ?? Number.NaN);
  for (const [item, figure] of figures) if (figure !== null && item <= most) figureOf[item] = figure;
  const those = ids.filter((id) => !Number.isNaN(figureOf[id]));
  const values = Float64Array.from(those, (id) => (descending ? -figureOf[id] : figureOf[id]));
  const sorted = values.toSorted();
  const ordered = new Array<number>(those.length);
  /** How many places are taken from each on that is the first of its value. */
  const taken = new Int32Array(those.length);
  for (let i = 0; i < those.length; i++) {
    const first = firstOf(sorted, values[i]);
    ordered[first + taken[first]++] = those[i];
  }
  return those.length === ids.length ? ordered : [...ordered, ...ids.filter((id) => Number.isNaN(figureOf[id]))];
}

/** Where a value that is among sorted ones stands first. */
function firstOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
