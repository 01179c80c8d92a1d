import { ActionIcon, Button, Select, Tooltip } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { EmbeddingSummary } from '../../src-main/contract/embedding.ts';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import type { BrowseMode } from '../browse/store.ts';
import { ask } from '../host.ts';
import { askConfirm } from '../shared/confirm.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt, importModel } from '../state/actions.ts';
import { Duplicates, SimilaritySlider } from './Duplicates.tsx';
import { JobProgress } from './JobProgress.tsx';
import { MapTools } from './MapTools.tsx';
import { MapView } from './MapView.tsx';
import './map.css';
import { OutlierClass, Outliers } from './Outliers.tsx';
import { useMap } from './store.ts';
import { type Features, useFeatures } from './use-features.ts';

interface Props {
  dataset: DatasetSummary;
  evaluations: EvaluationSummary[];
  mode: Exclude<BrowseMode, 'grid'>;
}

/** The images of a data set by how a model sees them: on a map, near-duplicates together, unusual labels first. */
export function Similar({ dataset, evaluations, mode }: Props) {
  const features = useFeatures(dataset.id);
  const { embedding, computing, mapping } = features;
  const { method, wanted, set } = useMap();
  const ready = embedding !== null && embedding.items > 0 && !computing;
  useEffect(() => {
    if (!ready || !wanted) return;
    set({ wanted: false });
    if (embedding.projections.some((one) => one.method === method)) return;
    void attempt(() => ask('embeddings.project', { embedding: embedding.id, method }));
  }, [ready, wanted, set, embedding, method]);

  const body = () => {
    if (features.error) return <RefusalBox refusal={features.error} />;
    if (!features.ready) return <Waiting text="Looking for features" />;
    if (computing) return <JobProgress job={computing} />;
    if (!embedding || embedding.items === 0) return <Nothing dataset={dataset} features={features} mode={mode} />;
    if (mode === 'duplicates') return <Duplicates dataset={dataset.id} embedding={embedding} />;
    if (mode === 'outliers') return <Outliers dataset={dataset} embedding={embedding} />;
    if (mapping) return <JobProgress job={mapping} />;
    return <MapView dataset={dataset} embedding={embedding} />;
  };
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Features" data-panel>
        <ModelFields dataset={dataset} features={features} />
        {embedding && !computing && mode === 'map' && <MapTools dataset={dataset} evaluations={evaluations} />}
        {embedding && !computing && mode === 'duplicates' && <SimilaritySlider />}
        {embedding && !computing && mode === 'outliers' && <OutlierClass classes={dataset.classes} />}
        <span className="grow" />
        {embedding && !computing && (
          <Tooltip label="Remove these features and what was made of them">
            <ActionIcon aria-label="Remove features" onClick={() => remove(embedding)} data-testid="map-remove">
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {body()}
    </>
  );
}

async function remove({ id, items, modelName, tap }: EmbeddingSummary): Promise<void> {
  const yes = await askConfirm({
    title: `Remove the features by ${modelName}?`,
    text: `Those of ${whole(items)} images at “${tap}” go, with their maps. They can be computed again.`,
    verb: 'Remove',
    keep: 'Keep',
  });
  if (yes) await attempt(() => ask('embeddings.remove', { embedding: id }));
}

function ModelFields({ dataset, features }: { dataset: DatasetSummary; features: Features }) {
  const { models, model, taps, tap, embedding, computing, compute } = features;
  const set = useMap((state) => state.set);
  const missing = embedding ? dataset.items - embedding.items : 0;
  const kept =
    embedding && embedding.channels < embedding.tapChannels
      ? `, ${whole(embedding.channels)} of its ${whole(embedding.tapChannels)} channels by a random projection`
      : '';
  return (
    <>
      <Select
        aria-label="Model whose features are looked at"
        placeholder="No model"
        className="map-model"
        allowDeselect={false}
        data={(models ?? []).map(({ id, card }) => ({ value: String(id), label: card.name }))}
        value={model ? String(model.id) : null}
        onChange={(value) => set({ model: Number(value), tap: null, view: 'fit' })}
        data-testid="map-model"
      />
      <Tooltip label={`The node of the network whose features are taken${kept}`}>
        <Select
          aria-label="Node of the network"
          className="map-tap"
          allowDeselect={false}
          searchable
          data={taps ? [...new Set([...taps.usual, ...taps.all])] : []}
          value={tap}
          onChange={(value) => set({ tap: value, view: 'fit' })}
          data-testid="map-tap"
        />
      </Tooltip>
      {embedding && embedding.items > 0 && missing > 0 && !computing && (
        <Tooltip label={`${whole(missing)} images are new, have changed, or were not reached before a stop`}>
          <Button variant="default" onClick={compute} data-testid="map-compute-rest">
            Compute {whole(missing)} missing
          </Button>
        </Tooltip>
      )}
    </>
  );
}

const WHAT: Record<Props['mode'], string> = {
  map: 'like images are laid side by side',
  duplicates: 'images that are nearly the same are found',
  outliers: 'classes that look unlike themselves in single images are found',
};

/** What to do first. */
function Nothing({ dataset, features, mode }: { dataset: DatasetSummary; features: Features; mode: Props['mode'] }) {
  const { model, tap, compute } = features;
  const set = useMap((state) => state.set);
  if (!model) {
    return (
      <Empty
        title="No model yet"
        text={`By what a model sees in them, ${WHAT[mode]}. Any model will do, whatever classes it knows.`}
        actions={[{ label: 'Import model…', run: importModel, testid: 'map-import' }]}
      />
    );
  }
  return (
    <Empty
      title={`No features by ${model.card.name} yet`}
      text={`Each of the ${whole(dataset.items)} images goes through the model once; by its features at “${tap}”, ${WHAT[mode]}. Nothing is trained. You may stop and go on later.`}
      actions={[
        {
          label: 'Compute',
          run: () => {
            set({ wanted: mode === 'map' });
            void compute();
          },
          testid: 'map-compute',
        },
      ]}
    />
  );
}
