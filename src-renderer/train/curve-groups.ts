/** Which curves share a chart: one for the whole loss, one for each kind of figure that the terms have. Pure. */
export interface CurveGroup {
  title: string;
  names: string[];
}

const SINGLE: [string, string][] = [
  ['loss', 'Loss'],
  ['mIoU', 'mIoU'],
];
const OF_TERMS: [string, string][] = [
  ['value', 'Terms'],
  ['weighted', 'Terms, weighted'],
  ['gradientNorm', 'Gradient norm of each term'],
  ['own', 'Loss of what methods train for themselves'],
];
const LAST: [string, string][] = [
  ['learningRate', 'Learning rate'],
  ['imagesPerSecond', 'Images/s'],
  ['wait', 'Waiting for data, share'],
];

/** The charts of a run, from the names of its curves; a chart without a curve is left out. */
export function curveGroups(metrics: readonly string[]): CurveGroup[] {
  const single = ([name, title]: [string, string]): CurveGroup => ({
    title,
    names: metrics.filter((metric) => metric === name),
  });
  const ofTerms = ([ending, title]: [string, string]): CurveGroup => ({
    title,
    names: metrics.filter((metric) => metric.endsWith(`.${ending}`)),
  });
  return [...SINGLE.map(single), ...OF_TERMS.map(ofTerms), ...LAST.map(single)].filter(({ names }) => names.length > 0);
}

/** The name of a curve in its chart's legend: the term without what the chart's title says. */
export function curveLabel(name: string): string {
  return name.replace(/\.(value|weighted|gradientNorm|own)$/, '');
}
