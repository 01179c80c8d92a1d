import { embeddingTap } from '../../src-main/contract/embedding.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { ask } from '../host.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';
import { useMap } from './store.ts';

/** Which model's features of a data set are looked at, at which tap, and what is there of them. */
export function useFeatures(dataset: number) {
  const { model: chosen, tap: chosenTap } = useMap();
  const models = useAsk('models.list', {}, { keep: true });
  const embeddings = useAsk('embeddings.list', { dataset }, { keep: true });
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const known = embeddings.data ?? [];
  const model: ModelSummary | null =
    models.data?.find(({ id }) => id === chosen) ??
    models.data?.find(({ id }) => id === known[0]?.model) ??
    models.data?.[0] ??
    null;
  const taps = useAsk('networks.taps', model && { network: model.card.network }, { keep: true }).data ?? null;
  const made = known.find((one) => one.model === model?.id);
  const tap = chosenTap ?? made?.tap ?? (taps && embeddingTap(taps.usual));
  const embedding = known.find((one) => one.model === model?.id && one.tap === tap) ?? null;
  const going = (kind: 'embed' | 'project') =>
    jobs.find((job) => job.kind === kind && job.status === 'running') ?? null;
  return {
    models: models.data ?? null,
    model,
    taps,
    tap,
    embedding,
    error: models.error ?? embeddings.error,
    ready: models.data !== undefined && embeddings.data !== undefined && (model === null || tap !== null),
    computing: going('embed'),
    mapping: going('project'),
    compute: () => attempt(async () => model && ask('embeddings.start', { model: model.id, dataset, tap })),
  };
}
export type Features = ReturnType<typeof useFeatures>;
