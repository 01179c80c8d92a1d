import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { EmbeddingSummary } from '../../src-main/contract/embedding.ts';
import { useBrowse } from '../browse/store.ts';
import { ask } from '../host.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt } from '../state/actions.ts';
import { Legend } from './Legend.tsx';
import { Scatter } from './Scatter.tsx';
import { useMap } from './store.ts';
import { useMapPoints } from './use-map.ts';

const NAMES = { umap: 'UMAP', tsne: 't-SNE' } as const;

/** The map of a data set: a point for each image, near to those that the model sees alike. */
export function MapView({ dataset, embedding }: { dataset: DatasetSummary; embedding: EmbeddingSummary }) {
  const method = useMap((state) => state.method);
  const { choose, open } = useBrowse();
  const { made, points, look, marks, error } = useMapPoints(dataset, embedding);
  const make = () => attempt(() => ask('embeddings.project', { embedding: embedding.id, method }));
  if (!made) {
    return (
      <Empty
        title={`No ${NAMES[method]} map yet`}
        text={`The features of ${whole(embedding.items)} images are there. Their neighbours are found along the 32 strongest principal axes.`}
        actions={[{ label: 'Make the map', run: make, testid: 'map-make' }]}
      />
    );
  }
  if (error) return <RefusalBox refusal={error} />;
  if (!points || !look || !marks) return <Waiting text="Loading the map" />;
  const add = (items: number[], more: boolean) => choose(more ? [...useBrowse.getState().chosen, ...items] : items);
  return (
    <div className="fill map" data-testid="map">
      <Scatter points={points} colours={look.colours} marks={marks} onChoose={add} onOpen={open} />
      <Legend legend={look.legend} />
      {made.items < embedding.items && (
        <button type="button" className="plain-button quiet map-note" onClick={make} data-testid="map-again">
          {whole(embedding.items - made.items)} images came later and are not on the map. Make it again
        </button>
      )}
    </div>
  );
}
