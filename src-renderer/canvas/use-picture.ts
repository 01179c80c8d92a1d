import { useEffect, useState } from 'react';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import { asRefusal } from '../refused.ts';
import type { Plane, Prediction } from './planes.ts';
import { loadImage, loadLabels, loadPrediction } from './sources.ts';

interface Loaded<T> {
  /** What the value belongs to: an old one stays in sight until the new one is there. */
  key: string | null;
  value: T | null;
  error: Refusal | null;
}

/** Something that is loaded by a key; while the next is on its way, the last is kept. Null loads nothing. */
export function useLoaded<T>(key: string | null, load: () => Promise<T>): Loaded<T> & { loading: boolean } {
  const [state, setState] = useState<Loaded<T>>({ key: null, value: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that `load` depends on
  useEffect(() => {
    if (key === null) {
      setState({ key, value: null, error: null });
      return;
    }
    let wanted = true;
    load().then(
      (value) => wanted && setState({ key, value, error: null }),
      (error) => wanted && setState({ key, value: null, error: asRefusal(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [key]);
  return { ...state, loading: key !== null && state.key !== key };
}

/** An item's picture and, where it has them, its labels. */
export function usePicture(item: number | null, labelled: boolean) {
  const image = useLoaded<ImageBitmap>(item === null ? null : `${item}`, () => loadImage(item!));
  const labels = useLoaded<Plane>(item !== null && labelled ? `${item}` : null, () => loadLabels(item!));
  // Labels of another picture than the one in sight are not shown over it.
  const fitting = labels.key === image.key;
  return {
    image: image.value,
    labels: fitting ? labels.value : null,
    error: image.error ?? labels.error,
    loading: image.loading || labels.loading,
    /** The item whose picture is in sight. */
    shown: image.key === null ? null : Number(image.key),
  };
}

/**
 * What a model says about an item; a run's model says other things when its weights have changed.
 * @param crf with the dense CRF after the network
 */
export function usePrediction(model: ModelSummary | null, item: number | null, crf = false) {
  const key =
    model === null || item === null
      ? null
      : `${model.id} ${item} ${model.card.sha256} ${JSON.stringify(model.card.preprocessing)} ${crf}`;
  return useLoaded<Prediction>(key, () => loadPrediction(model!, item!, { crf }));
}
