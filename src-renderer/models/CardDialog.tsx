import { Button, Group, Modal, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMemo, useState } from 'react';
import type { ClassInfo, DatasetSummary } from '../../src-main/contract/dataset.ts';
import { type ModelSummary, type Preprocessing, USUAL_PREPROCESSINGS } from '../../src-main/contract/model.ts';
import { ask } from '../host.ts';
import { attempt } from '../state/actions.ts';
import { useDataset } from '../state/dataset.ts';
import { useAsk } from '../state/queries.ts';
import { useCardDialog } from './card-dialog.ts';
import { PreprocessingRow } from './PreprocessingRow.tsx';
import './card.css';

/** Asks what a file does not tell of its model: what its outputs stand for, and how pictures are prepared for it. */
export function CardDialog() {
  const { model: id } = useCardDialog();
  const models = useAsk('models.list', id === null ? null : {}, { keep: true });
  const model = models.data?.find((one) => one.id === id);
  const close = () => useCardDialog.setState({ model: null });
  return (
    <Modal opened={id !== null} onClose={close} title={`What ${model?.card.name ?? 'the model'} expects`} size={1040}>
      {model && <CardForm key={model.id} model={model} close={close} />}
    </Modal>
  );
}

function CardForm({ model, close }: { model: ModelSummary; close: () => void }) {
  const { dataset, datasets } = useDataset();
  const kinds = useMemo(() => classChoices(model, datasets), [model, datasets]);
  const [kind, setKind] = useState('now');
  const [preprocessing, setPreprocessing] = useState<Preprocessing>(model.card.preprocessing);
  const [busy, setBusy] = useState(false);
  const classes = kinds.find(({ value }) => value === kind)?.classes ?? model.card.classes;
  const items = useSomeItems(dataset);

  async function save() {
    setBusy(true);
    const saved = await attempt(() => ask('models.describe', { model: model.id, classes, preprocessing }));
    setBusy(false);
    if (!saved) return;
    const evaluated = 'What was computed with it before was computed the other way.';
    notifications.show({ message: `Noted for ${saved.card.name}. ${evaluated}`, autoClose: 6000 });
    close();
  }

  const own = model.card.preprocessing;
  const choices = USUAL_PREPROCESSINGS.some((one) => same(one.preprocessing, own))
    ? USUAL_PREPROCESSINGS
    : [{ title: 'As it is now', preprocessing: own }, ...USUAL_PREPROCESSINGS];
  return (
    <div className="card-form" data-testid="card-form">
      <Select
        label={`The ${model.card.outputs} outputs are`}
        allowDeselect={false}
        data={kinds.map(({ value, label }) => ({ value, label }))}
        value={kind}
        onChange={(value) => value && setKind(value)}
        data-testid="card-classes"
      />
      <p className="quiet card-names">{classes.map(({ name }) => name).join(', ')}</p>
      <p className="card-question">
        {items.length > 0
          ? 'Pictures can be prepared for it in these ways. Choose the one whose predictions look right.'
          : 'Pictures can be prepared for it in these ways. With a data set in the project, predictions are shown for each.'}
      </p>
      <div className="card-choices scroll" role="radiogroup" aria-label="Preprocessing">
        {choices.map((choice, index) => (
          <PreprocessingRow
            key={choice.title}
            model={model}
            classes={classes}
            dataset={dataset}
            items={items}
            title={choice.title}
            preprocessing={choice.preprocessing}
            chosen={same(choice.preprocessing, preprocessing)}
            choose={() => setPreprocessing(choice.preprocessing)}
            testid={`preprocessing-${index}`}
          />
        ))}
      </div>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={close} data-testid="card-keep">
          Leave it as it is
        </Button>
        <Button loading={busy} onClick={save} data-testid="card-save">
          Use these
        </Button>
      </Group>
    </div>
  );
}

function same(a: Preprocessing, b: Preprocessing): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

interface ClassChoice {
  value: string;
  label: string;
  classes: ClassInfo[];
}

/** What the outputs may stand for: as it is now, the classes of a data set of the project, or nothing that has a name. */
function classChoices({ card }: ModelSummary, datasets: readonly DatasetSummary[]): ClassChoice[] {
  const names = (classes: readonly ClassInfo[]) => classes.map(({ name }) => name).join('\n');
  const fitting = datasets.filter(
    ({ classes }) => classes.length <= card.outputs && names(classes) !== names(card.classes),
  );
  const numbered = Array.from({ length: Math.min(255, card.outputs) }, (_, i): ClassInfo => {
    const [red, green, blue] = [i * 67, i * 131 + 80, i * 197 + 160].map((value) => 40 + (value % 200));
    return { name: `class ${i + 1}`, color: [red, green, blue] };
  });
  return [
    { value: 'now', label: `${card.guessed?.includes('classes') ? 'probably ' : ''}these`, classes: card.classes },
    ...fitting.map(({ id, name, classes }) => ({ value: `dataset-${id}`, label: `the classes of ${name}`, classes })),
    ...(names(numbered) === names(card.classes)
      ? []
      : [{ value: 'numbered', label: 'classes without names', classes: numbered }]),
  ];
}

/** Three items from everywhere in a data set. */
function useSomeItems(dataset: DatasetSummary | null): number[] {
  const params = dataset && { dataset: dataset.id, labelled: dataset.labelled > 0 ? true : null };
  const all = useAsk('items.ids', params).data ?? [];
  return [...new Set([0.2, 0.5, 0.8].map((share) => all[Math.floor(share * all.length)]))].filter(
    (item) => item !== undefined,
  );
}
