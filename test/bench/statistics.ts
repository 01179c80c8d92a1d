/** The statistics of measurements that were taken in pairs. */

/** The middle of the values, or the mean of the two in the middle. @throws Error where there are none */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between the sorted values (R's type 7, NumPy's default); `share` is 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('There is nothing to take a quantile of.');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is nothing to take the mean of.');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface Comparison {
  /** Medians of both sides. */
  ours: number;
  peer: number;
  /** The median of the pairs' ratios, ours ÷ peer, and half their interquartile range. */
  ratio: number;
  spread: number;
}

/** What two sides that were measured in turn say; the i-th values of both were taken one after the other. */
export function comparePairs(ours: readonly number[], peer: readonly number[]): Comparison {
  if (ours.length !== peer.length) throw new Error(`${ours.length} measurements cannot be paired with ${peer.length}.`);
  const ratios = ours.map((value, i) => value / peer[i]);
  return {
    ours: median(ours),
    peer: median(peer),
    ratio: median(ratios),
    spread: (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2,
  };
}

/** The name whose values have the least median. */
export function fastest(measured: ReadonlyMap<string, readonly number[]>): string {
  let best: string | undefined;
  for (const [name, values] of measured) {
    if (best === undefined || median(values) < median(measured.get(best)!)) best = name;
  }
  if (best === undefined) throw new Error('There is nothing to choose from.');
  return best;
}
