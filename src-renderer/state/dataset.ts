import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { useApp } from './app.ts';
import { useAsk } from './queries.ts';

/** The data set the views work on: the chosen one, else the project's first. */
export function useDataset() {
  const datasets = useAsk('datasets.list', {}, { keep: true });
  const chosen = useApp((state) => state.dataset);
  const dataset: DatasetSummary | null = datasets.data?.find(({ id }) => id === chosen) ?? datasets.data?.[0] ?? null;
  return { dataset, datasets: datasets.data ?? [], loading: datasets.loading, error: datasets.error };
}
