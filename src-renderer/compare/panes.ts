import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Plane } from '../canvas/planes.ts';
import type { Size } from '../canvas/viewport.ts';

/** The panes in the order in which they stand. */
export const PANES = ['image', 'truth', 'teacher', 'student', 'third', 'error'] as const;
export type PaneId = (typeof PANES)[number];
export const DEFAULT_PANES: readonly PaneId[] = PANES;

/**
 * Fills in the models that the user did not choose: as the teacher the largest imported one, as the student the newest
 * that a run made (else the newest other one). The third stays empty until it is chosen.
 */
export function chooseModels(
  models: readonly ModelSummary[],
  chosen: readonly (number | null)[],
): [ModelSummary | null, ModelSummary | null, ModelSummary | null] {
  const byId = (id: number | null | undefined) => models.find((model) => model.id === id) ?? null;
  const largest = (some: readonly ModelSummary[]) =>
    some.reduce<ModelSummary | null>(
      (best, model) => (best && best.parameters >= model.parameters ? best : model),
      null,
    );
  const newest = (some: readonly ModelSummary[]) =>
    some.reduce<ModelSummary | null>((best, model) => (best && best.id >= model.id ? best : model), null);
  const student = byId(chosen[1]);
  const free = models.filter(({ id }) => id !== student?.id);
  const teacher = byId(chosen[0]) ?? largest(free.filter(({ run }) => run === null)) ?? largest(free);
  const others = models.filter(({ id }) => id !== teacher?.id && id !== chosen[2]);
  return [teacher, student ?? newest(others.filter(({ run }) => run !== null)) ?? newest(others), byId(chosen[2])];
}

/** How many columns of panes let the image be largest in an area; fewer columns where it is the same. */
export function bestColumns(panes: number, area: Size, image: Size, gap = 4): number {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= panes; columns++) {
    const rows = Math.ceil(panes / columns);
    const width = (area.width - gap * (columns - 1)) / columns;
    const height = (area.height - gap * (rows - 1)) / rows;
    const scale = Math.min(width / image.width, height / image.height);
    if (scale > largest * 1.001) {
      largest = scale;
      best = columns;
    }
  }
  return best;
}

/** The IoU of each class on one image, null where it is neither in the truth nor predicted, and their mean. */
export function imageScores(
  truth: Plane,
  predicted: Plane,
  classes: number,
): { mIoU: number | null; ious: (number | null)[] } {
  const both = new Float64Array(256);
  const inTruth = new Float64Array(256);
  const inPrediction = new Float64Array(256);
  if (truth.data.length !== predicted.data.length) return { mIoU: null, ious: Array(classes).fill(null) };
  for (let i = 0; i < truth.data.length; i++) {
    const right = truth.data[i];
    if (right === 255) continue;
    inTruth[right]++;
    inPrediction[predicted.data[i]]++;
    if (right === predicted.data[i]) both[right]++;
  }
  const ious = Array.from({ length: classes }, (_, label) => {
    const union = inTruth[label] + inPrediction[label] - both[label];
    return union === 0 ? null : both[label] / union;
  });
  const known = ious.filter((iou) => iou !== null);
  return { mIoU: known.length === 0 ? null : known.reduce((sum, iou) => sum + iou, 0) / known.length, ious };
}
