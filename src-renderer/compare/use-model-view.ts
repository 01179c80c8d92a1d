import { useMemo } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { ItemEvaluation } from '../../src-main/contract/evaluation.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import { labelsOf, outputClasses, type Plane, type Prediction } from '../canvas/planes.ts';
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
  /** Without the dense CRF, where it comes after the model. */
  mIoUBefore: number | null;
  ious: (number | null)[];
  loading: boolean;
  error: Refusal | null;
}

/**
 * What a model says about an item, and how good that is.
 * @param crf with the dense CRF after the network
 */
export function useModelView(
  model: ModelSummary | null,
  item: number | null,
  classes: ClassInfo[],
  truth: Plane | null,
  evaluations: ItemEvaluation[],
  crf: boolean,
): ModelView | null {
  const own = usePrediction(model, item);
  const refined = usePrediction(crf ? model : null, item, true);
  const table = useMemo(() => outputClasses(model?.card.classes ?? [], classes), [model, classes]);
  const before = useMeasured(known(own, model, item), table, truth, classes.length);
  const after = useMeasured(known(refined, model, item), table, truth, classes.length);
  if (!model) return null;
  const { prediction, labels, scores } = crf ? after : before;
  const { loading, error } = crf ? refined : own;
  const stored = evaluations.filter((evaluation) => evaluation.model === model.id && evaluation.crf === crf).at(-1);
  const { mIoU, ious } = labels ? scores : (stored ?? scores);
  const mIoUBefore = crf ? before.scores.mIoU : null;
  return { model, prediction, labels, table, mIoU, mIoUBefore, ious, loading, error };
}

/** A prediction of this model for this item, not one of before. */
function known({ key, value }: ReturnType<typeof usePrediction>, model: ModelSummary | null, item: number | null) {
  return model && key?.startsWith(`${model.id} ${item} `) ? value : null;
}

/** A prediction's likeliest classes, in the data set's numbers, and how good they are. */
function useMeasured(prediction: Prediction | null, table: Uint8Array, truth: Plane | null, classes: number) {
  const labels = prediction && labelsOf(prediction, table);
  const scores = useMemo(
    () => (labels && truth ? imageScores(truth, labels, classes) : { mIoU: null, ious: [] }),
    [labels, truth, classes],
  );
  return { prediction, labels, scores };
}
