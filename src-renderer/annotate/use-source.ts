import type { ClassInfo, ItemSummary } from '../../src-main/contract/dataset.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { OtherMap } from '../../src-main/labels/take-over.ts';
import { indexAt, NO_CLASS, outputClasses, type Prediction } from '../canvas/planes.ts';
import { loadPrediction } from '../canvas/sources.ts';
import type { Size } from '../canvas/viewport.ts';
import { chooseModels } from '../compare/panes.ts';
import { useCompare } from '../compare/store.ts';
import { useAsk } from '../state/queries.ts';
import { openLabels } from './sessions.ts';
import { useAnnotate } from './store.ts';
import type { Source, SourceId } from './tools/tool.ts';

/**
 * What a model says, as classes of the data set at the label map's size; pixels of an output that is none of them are
 * not sure at all.
 * @param table class of the data set of each output
 */
export function predictedMap(
  { width, height, classes, probabilities }: Prediction,
  table: Uint8Array,
  size: Size,
): OtherMap {
  const taken = new Uint8Array(size.width * size.height);
  const confidence = new Float64Array(taken.length);
  for (let y = 0, at = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, at++) {
      const from = indexAt({ width, height }, (x + 0.5) / size.width, (y + 0.5) / size.height);
      taken[at] = table[classes[0].data[from]];
      confidence[at] = taken[at] === NO_CLASS ? Number.NEGATIVE_INFINITY : probabilities[0][from];
    }
  }
  return { classes: taken, confidence };
}

/** The models that labels can be taken from, as Compare has them chosen, and how to take them. */
export function useSource(item: number | null, previous: ItemSummary | undefined, classes: ClassInfo[]) {
  const models = useAsk('models.list', {}, { keep: true }).data;
  const chosen = useCompare((state) => state.models);
  const [teacher, student, third] = chooseModels(models ?? [], chosen);
  const byId: Record<Exclude<SourceId, 'previous'>, ModelSummary | null> = { teacher, student, third };

  const load = async (): Promise<Source> => {
    const { source } = useAnnotate.getState().options;
    if (item === null) throw new Error('No image is open.');
    if (source === 'previous') {
      if (!previous) throw new Error('There is no image before this one in the list.');
      return { kind: 'document', document: (await openLabels(previous.id)).document };
    }
    const model = byId[source];
    if (!model) throw new Error('There is no such model yet: import one, or choose it in Compare.');
    const [prediction, session] = await Promise.all([loadPrediction(model, item), openLabels(item)]);
    return {
      kind: 'model',
      map: predictedMap(prediction, outputClasses(model.card.classes, classes), session.document),
    };
  };
  return { names: byId, load };
}
