import { SegmentedControl, Select } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ColourBy, ProjectionMethod } from '../../src-main/contract/embedding.ts';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import { evaluationName } from '../shared/item-words.ts';
import { newestEvaluations } from '../shared/SortSelect.tsx';
import { useAsk } from '../state/queries.ts';
import { useMap } from './store.ts';

/** How the map is made and what its points are coloured by. */
export function MapTools({ dataset, evaluations }: { dataset: DatasetSummary; evaluations: EvaluationSummary[] }) {
  const { method, colour, set } = useMap();
  const tags = useAsk('tags.list', { dataset: dataset.id }, { keep: true }).data ?? [];
  const choices: { by: ColourBy; label: string }[] = [
    { by: { kind: 'split' }, label: 'Split' },
    { by: { kind: 'class' }, label: 'Largest class' },
    ...newestEvaluations(evaluations).map((one) => ({
      by: { kind: 'score' as const, evaluation: one.id },
      label: `mIoU of ${evaluationName(one)}`,
    })),
    ...tags.map(({ tag }) => ({ by: { kind: 'tag' as const, tag }, label: `Tag ${tag}` })),
  ];
  return (
    <>
      <SegmentedControl
        aria-label="Kind of map"
        data={[
          { value: 'umap', label: 'UMAP' },
          { value: 'tsne', label: 't-SNE' },
        ]}
        value={method}
        onChange={(value) => set({ method: value as ProjectionMethod, view: 'fit' })}
        data-testid="map-method"
      />
      <span className="quiet">Coloured by</span>
      <Select
        aria-label="Points are coloured by"
        className="map-colour"
        allowDeselect={false}
        data={choices.map(({ by, label }) => ({ value: JSON.stringify(by), label }))}
        value={JSON.stringify(colour)}
        onChange={(value) => value && set({ colour: JSON.parse(value) })}
        data-testid="map-colour"
      />
    </>
  );
}
