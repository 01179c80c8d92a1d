import { ActionIcon, Button, Modal } from '@mantine/core';
import { IconBinaryTree2, IconCloudDownload, IconDownload, IconTable, IconUpload } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { count, percent, time } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { newestEvaluations } from '../shared/SortSelect.tsx';
import { importModel } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import '../runs/runs.css';
import { handle, run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { ExportModelForm } from './ExportModelForm.tsx';
import { GetWeights } from './GetWeights.tsx';
import { useGraph } from './graph/store.ts';
import { ModelCardView } from './ModelCardView.tsx';

const NetworkGraphs = lazy(() => import('./graph/NetworkGraphs.tsx'));

/** The project's models: imported ones and those that runs made. */
export function Models() {
  const models = useAsk('models.list', {}, { keep: true });
  const evaluations = useAsk('evaluations.list', {}, { keep: true });
  const [exporting, setExporting] = useState(false);
  const [getting, setGetting] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const show = useApp((state) => state.show);
  const some = Boolean(models.data?.length);
  const { shown: graphs, setShown, setSubject } = useGraph();
  useEffect(
    () =>
      handle({
        'model.export': { run: () => setExporting(true), enabled: () => some },
        'model.get': { run: () => setGetting(true) },
      }),
    [some],
  );
  const opened = models.data?.find(({ id }) => id === chosen) ?? models.data?.[0] ?? null;
  const draw = () => {
    if (graphs) return;
    if (opened) setSubject('left', { model: opened.id });
    setShown(true);
  };
  const drawing = useRef(draw);
  drawing.current = draw;
  useEffect(
    () => handle({ 'models.table': () => setShown(false), 'models.graph': () => drawing.current() }),
    [setShown],
  );
  const weights = (
    <Modal opened={getting} onClose={() => setGetting(false)} title="Get weights" size={720}>
      <GetWeights />
    </Modal>
  );
  if (models.error) return <RefusalBox refusal={models.error} retry={models.reload} />;
  if (!models.data) return <Waiting text="Loading the models" />;
  if (graphs) {
    return (
      <Suspense fallback={<Waiting text="Loading the drawing" />}>
        <NetworkGraphs models={models.data} model={opened} modes={<Modes graphs />} />
      </Suspense>
    );
  }
  if (!opened) {
    return (
      <>
        {weights}
        <Empty
          title="No model yet"
          text="Import the weights of a teacher (.pth, .onnx, .tflite, saved_model.pb, model.json or .safetensors), get some that are published, or train a student."
          actions={[
            { label: 'Import model…', run: importModel, testid: 'import-model' },
            { label: 'Get weights…', run: () => setGetting(true), testid: 'get-weights' },
            { label: 'Train', run: () => show('train') },
            { label: 'Look at networks', run: draw, testid: 'look-at-networks' },
          ]}
        />
      </>
    );
  }
  const newest = newestEvaluations(evaluations.data ?? []);
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Models" data-panel>
        <Modes graphs={false} />
        <Button
          variant="default"
          leftSection={<IconUpload size={14} />}
          onClick={importModel}
          data-testid="import-model"
        >
          Import model…
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={14} />}
          onClick={() => setExporting(true)}
          data-testid="export-model"
        >
          Export model…
        </Button>
        <Button
          variant="default"
          leftSection={<IconCloudDownload size={14} />}
          onClick={() => setGetting(true)}
          data-testid="get-weights"
        >
          Get weights…
        </Button>
      </div>
      {weights}
      <Modal opened={exporting} onClose={() => setExporting(false)} title={`Export ${opened.card.name}`} size={560}>
        <ExportModelForm key={opened.id} model={opened} close={() => setExporting(false)} />
      </Modal>
      <div className="models">
        <div className="scroll" data-panel>
          <table className="sheet" aria-label="Models" data-testid="models-table">
            <thead>
              <tr>
                <th>Name</th>
                <th>Network</th>
                <th className="number">Parameters</th>
                <th className="number">MACs</th>
                <th className="number">mIoU</th>
                <th className="number">ms per image</th>
                <th>From</th>
                <th>Added</th>
              </tr>
            </thead>
            <tbody>
              {models.data.map((model) => (
                <ModelRow
                  key={model.id}
                  model={model}
                  opened={model === opened}
                  open={() => setChosen(model.id)}
                  evaluation={newest.find((evaluation) => evaluation.model === model.id && !evaluation.crf)}
                />
              ))}
            </tbody>
          </table>
        </div>
        <aside className="model-card scroll" aria-label="Model card" data-panel>
          <ModelCardView model={opened} evaluations={newest.filter(({ model }) => model === opened.id)} />
        </aside>
      </div>
    </>
  );
}

/** The table of models, or their networks as graphs. */
function Modes({ graphs }: { graphs: boolean }) {
  return (
    <div className="row" style={{ gap: 2 }}>
      <Tip command="models.table">
        <ActionIcon
          aria-label="Table"
          aria-pressed={!graphs}
          variant={graphs ? 'subtle' : 'light'}
          onClick={() => run('models.table')}
          data-testid="models-table-mode"
        >
          <IconTable size={16} />
        </ActionIcon>
      </Tip>
      <Tip command="models.graph">
        <ActionIcon
          aria-label="Graph"
          aria-pressed={graphs}
          variant={graphs ? 'light' : 'subtle'}
          onClick={() => run('models.graph')}
          data-testid="models-graph-mode"
        >
          <IconBinaryTree2 size={16} />
        </ActionIcon>
      </Tip>
    </div>
  );
}

function ModelRow(props: {
  model: ModelSummary;
  opened: boolean;
  open: () => void;
  evaluation: { mIoU: number | null; msPerImage: number; split: string } | undefined;
}) {
  const { model, opened, open, evaluation } = props;
  return (
    <tr className="choosable" data-open={opened ? '' : undefined} onClick={open} data-testid={`model-${model.id}`}>
      <td>
        <button type="button" className="plain-button" aria-pressed={opened}>
          {model.card.name}
        </button>
      </td>
      <td>{model.card.network.id}</td>
      <td className="number">{count(model.parameters)}</td>
      <td className="number">{count(model.macs)}</td>
      <td className="number" title={evaluation && `on ${evaluation.split}`}>
        {percent(evaluation?.mIoU)}
      </td>
      <td className="number">{evaluation ? evaluation.msPerImage.toFixed(1) : '–'}</td>
      <td>{model.run ?? 'file'}</td>
      <td>{time(model.addedAt)}</td>
    </tr>
  );
}
