/**
 * Segmentation metrics from one confusion matrix (rows: truth, columns: prediction). Pixels whose truth is IGNORE are
 * not counted. A model may have more outputs than there are classes; what it puts there is a wrong answer.
 * IoU as in the Pascal VOC challenge (Everingham et al., IJCV 2010): tp / (tp + fp + fn).
 */
import { IGNORE } from '../contract/dataset.ts';
import type { ItemResult } from '../contract/job.ts';

/** Pixel counts, row-major: `counts[truth * outputs + prediction]`. */
export interface Confusion {
  classes: number;
  /** At least `classes`. */
  outputs: number;
  counts: Float64Array;
}

/** @param outputs output channels of the model; those past `classes` stand for no class */
export function emptyConfusion(classes: number, outputs: number): Confusion {
  const columns = Math.max(classes, outputs);
  return { classes, outputs: columns, counts: new Float64Array(classes * columns) };
}

/**
 * Counts one image in.
 * @param truth class of each pixel, or IGNORE
 * @param predicted output index of each pixel, in the same order
 * @throws RangeError where a truth is neither a class nor IGNORE, a prediction no output, or the lengths differ
 */
export function countPixels(confusion: Confusion, truth: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (truth.length !== predicted.length)
    throw new RangeError(`${predicted.length} predicted pixels for ${truth.length} labelled ones`);
  const { classes, outputs, counts } = confusion;
  for (let i = 0; i < truth.length; i++) {
    const row = truth[i];
    if (row === IGNORE) continue;
    if (row >= classes || predicted[i] >= outputs)
      throw new RangeError(`Pixel ${i} is of class ${row} (of ${classes}), predicted ${predicted[i]} (of ${outputs})`);
    counts[row * outputs + predicted[i]]++;
  }
}

/** Adds `part` to `total`; both have the same shape. */
export function addConfusion(total: Confusion, part: Confusion): void {
  for (let i = 0; i < total.counts.length; i++) total.counts[i] += part.counts[i];
}

export interface Metrics {
  /** Mean of the IoUs that are not null; null where there is none. */
  mIoU: number | null;
  /** Share of the labelled pixels that are right; null without labelled pixels. */
  pixelAccuracy: number | null;
  /** Mean over the classes present in the truth of the share of their pixels that are right. */
  meanAccuracy: number | null;
  /** Per class; null where it is neither in the truth nor predicted. */
  ious: (number | null)[];
}

/** The metrics of a confusion matrix. Values are in 0–1. */
export function metricsOf({ classes, outputs, counts }: Confusion): Metrics {
  const rows = new Float64Array(classes);
  const columns = new Float64Array(outputs);
  for (let r = 0; r < classes; r++) {
    for (let c = 0; c < outputs; c++) {
      rows[r] += counts[r * outputs + c];
      columns[c] += counts[r * outputs + c];
    }
  }
  const right = Array.from({ length: classes }, (_, c) => counts[c * outputs + c]);
  const ious = right.map((hit, c) => ratio(hit, rows[c] + columns[c] - hit));
  const total = rows.reduce((sum, n) => sum + n, 0);
  return {
    mIoU: mean(ious),
    pixelAccuracy: ratio(
      right.reduce((sum, n) => sum + n, 0),
      total,
    ),
    meanAccuracy: mean(right.map((hit, c) => ratio(hit, rows[c]))),
    ious,
  };
}

/** One image's result from its own confusion matrix. */
export function itemResult(item: number, confusion: Confusion): ItemResult {
  const { mIoU, pixelAccuracy, ious } = metricsOf(confusion);
  return { item, mIoU, pixelAccuracy, ious };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function mean(values: (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}
