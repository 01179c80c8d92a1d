/**
 * Labels that look wrong: the mean feature of a class's pixels in an image, held against the centres of all classes.
 * What is unusually far from its own class's centre, measured by its distance to the nearest other one, stands out.
 * Scores are modified z-scores (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993), so that a class that is
 * many-sided by itself fills no list.
 */
import type { LabelOutlier } from '../contract/embedding.ts';
import { meanOf, type Rows, unitAround } from './vectors.ts';

/** One class's unit vectors: one row for each image that shows it. */
export interface ClassRows extends Rows {
  items: ArrayLike<number>;
  keys: readonly string[];
  pixels: ArrayLike<number>;
}

/** What the authors of the score label as an outlier. */
const LEAST_SCORE = 3.5;
/** A class in fewer images has no usual look. */
const LEAST_IMAGES = 8;
/** Less than this distance is rounding: a cosine of features kept as float16. */
const ROUNDING = 1e-3;

/**
 * The outliers among all images and classes, highest score first.
 * Distances are 1 − cosine, after taking off what all classes have in common (the mean of the classes' means).
 * @param classes by number, which are also the places of their `names`
 * @param read one class's vectors; asked twice for each, so that only one class is in memory at a time
 */
export function labelOutliers(
  classes: readonly number[],
  names: readonly string[],
  read: (ofClass: number) => ClassRows,
): LabelOutlier[] {
  const means = classes
    .map((ofClass) => ({ ofClass, rows: read(ofClass) }))
    .filter(({ rows }) => rows.count >= LEAST_IMAGES)
    .map(({ ofClass, rows }) => ({ ofClass, mean: meanOf(rows) }));
  if (means.length === 0) return [];
  const channels = means[0].mean.length;
  const values = Float32Array.from(means.flatMap(({ mean }) => [...mean]));
  const common = meanOf({ count: means.length, channels, values });
  // With one class there is nothing in common to take off, and with two nothing would be left to tell them apart.
  const centre = means.length > 2 ? common : new Float64Array(channels);
  const centres = unitAround({ count: means.length, channels, values }, centre);
  return means
    .flatMap(({ ofClass }, own) => {
      const rows = read(ofClass);
      const distances = distancesTo(unitAround(rows, centre), centres);
      return outliersOf(distances, own).map(({ row, nearest, ...rest }) => {
        const other = nearest === null ? null : means[nearest].ofClass;
        const found = { class: ofClass, nearest: other, pixels: rows.pixels[row], ...rest };
        return { item: rows.items[row], key: rows.keys[row], ...found, reason: reasonOf(found, names) };
      });
    })
    .sort((a, b) => b.score - a.score || a.item - b.item);
}

/** 1 − cosine of each row with each centre: rows × centres. */
function distancesTo(rows: Rows, centres: Rows): Rows {
  const values = new Float32Array(rows.count * centres.count);
  for (let i = 0, p = 0; i < rows.count; i++) {
    for (let k = 0; k < centres.count; k++, p++) {
      let product = 0;
      for (let c = 0; c < rows.channels; c++) {
        product += rows.values[i * rows.channels + c] * centres.values[k * rows.channels + c];
      }
      values[p] = 1 - product;
    }
  }
  return { count: rows.count, channels: centres.count, values };
}

interface Found {
  row: number;
  score: number;
  times: number;
  /** The place of the nearest other centre. */
  nearest: number | null;
  nearer: boolean;
}

/** The rows of one class that stand out. @param own the place of the class's own centre */
function outliersOf({ count, channels, values }: Rows, own: number): Found[] {
  const all = Array.from({ length: count }, (_, row) => {
    const far = Math.max(values[row * channels + own], ROUNDING);
    let nearest: number | null = null;
    for (let k = 0; k < channels; k++) {
      if (k === own) continue;
      if (nearest === null || values[row * channels + k] < values[row * channels + nearest]) nearest = k;
    }
    const other = nearest === null ? 1 : Math.max(values[row * channels + nearest], ROUNDING);
    return { row, far, nearest, nearer: nearest !== null && far > other, ratio: Math.log(far / other) };
  });
  const usual = median(all.map(({ far }) => far));
  const middle = median(all.map(({ ratio }) => ratio));
  const spread = median(all.map(({ ratio }) => Math.abs(ratio - middle)));
  if (spread === 0) return [];
  return all
    .map(({ row, far, nearest, nearer, ratio }) => {
      const score = (0.6745 * (ratio - middle)) / spread;
      return { row, score, times: far / usual, nearest, nearer };
    })
    .filter(({ score }) => score >= LEAST_SCORE);
}

function reasonOf(
  { class: own, nearest, nearer, times }: Pick<LabelOutlier, 'class' | 'nearest' | 'nearer' | 'times'>,
  names: readonly string[],
): string {
  const far = `${times >= 10 ? Math.round(times) : times.toFixed(1)} times as far from the usual “${names[own]}” as is common`;
  if (nearest === null) return `Looks unlike “${names[own]}” elsewhere: ${far}.`;
  if (nearer) return `Looks more like “${names[nearest]}” than like “${names[own]}”: ${far}.`;
  if (times >= 1.5) return `Looks unlike “${names[own]}” elsewhere: ${far}, towards “${names[nearest]}”.`;
  return `Looks unusually much like “${names[nearest]}”, though “${names[own]}” is still nearer.`;
}

/** @param values at least one */
function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
