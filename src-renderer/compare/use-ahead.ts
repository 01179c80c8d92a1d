import { useEffect } from 'react';
import { labelsOf } from '../canvas/planes.ts';
import { loadImage, loadLabels, loadPrediction } from '../canvas/sources.ts';
import type { ItemPages } from '../state/item-pages.ts';
import type { ModelView } from './use-model-view.ts';

/**
 * Fetches what the next step in the list will show: the neighbours' pictures at once, and the predictions as
 * `usePredictionsAhead` does. What fails is asked for again when it is needed.
 */
export function useAhead(
  list: ItemPages,
  item: number | null,
  views: readonly (ModelView | null)[],
  crf: boolean,
): void {
  useEffect(() => {
    const index = item === null ? -1 : list.indexOf(item);
    if (index < 0) return;
    for (const step of [1, -1, 2]) {
      const near = list.at(index + step);
      if (near) void loadImage(near.id).catch(() => {});
      if (near?.labelled) void loadLabels(near.id).catch(() => {});
    }
  }, [list, item]);
  usePredictionsAhead(list, item, views, crf);
}

/** Has the predictions for the next image computed as soon as those of the current one are there: they never delay it. */
export function usePredictionsAhead(
  list: ItemPages,
  item: number | null,
  views: readonly (ModelView | null)[],
  crf: boolean,
): void {
  const done = views.every((view) => view === null || (view.labels !== null && !view.loading));
  const weights = views.map((view) => view?.model.card.sha256).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `weights` and `done` say all that matters of the views
  useEffect(() => {
    const next = item === null || !done ? undefined : list.at(list.indexOf(item) + 1);
    if (!next) return;
    // Not while the user is stepping on: only when they have stayed a moment.
    const timer = setTimeout(() => {
      for (const view of views) {
        if (!view) continue;
        void loadPrediction(view.model, next.id, { crf }).then(
          (prediction) => labelsOf(prediction, view.table),
          () => {},
        );
      }
    }, 200);
    return () => clearTimeout(timer);
  }, [list, item, done, weights, crf]);
}
