import { useMemo } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { ItemEvaluation, Refusal } from '../../src-main/contract/window.ts';
import { mapPlane, outputClasses, type Plane, type Prediction } from '../canvas/planes.ts';
import { usePrediction } from '../canvas/use-picture.ts';
import { imageScores } from './panes.ts';

/** A model as Compare shows it for one image. */
export interface ModelView {
  model: ModelSummary;
  prediction: Prediction | null;
  /** The likeliest class of each pixel, in the data set's numbers. */
  labels: Plane | null;
  /** Class of the data set of each output. */
  table: Uint8Array;
  mIoU: number | null;
  ious: (number | null)[];
  loading: boolean;
  error: Refusal | null;
}

/** What a model says about an item, and how good that is. */
export function useModelView(
  model: ModelSummary | null,
  item: number | null,
  classes: ClassInfo[],
  truth: Plane | null,
  evaluations: ItemEvaluation[],
): ModelView | null {
  const { value, loading, error, key } = usePrediction(model, item);
  const known = model && key?.startsWith(`${model.id} ${item} `) ? value : null;
  const table = useMemo(() => outputClasses(model?.card.classes ?? [], classes), [model, classes]);
  const labels = useMemo(() => (known ? mapPlane(known.classes[0], table) : null), [known, table]);
  const measured = useMemo(
    () => (labels && truth ? imageScores(truth, labels, classes.length) : { mIoU: null, ious: [] }),
    [labels, truth, classes.length],
  );
  if (!model) return null;
  const stored = evaluations.filter((evaluation) => evaluation.model === model.id).at(-1);
  const { mIoU, ious } = labels ? measured : (stored ?? measured);
  return { model, prediction: known, labels, table, mIoU, ious, loading, error };
}
