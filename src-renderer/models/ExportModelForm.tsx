import { Button, Group, NumberInput, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Params } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { attempt, pick } from '../state/actions.ts';

type Format = Params<'models.export'>['format'];

const FORMATS: { value: Format; label: string; text: string }[] = [
  {
    value: 'onnx',
    label: 'ONNX',
    text: 'Network and weights for ONNX Runtime and others: one preprocessed picture in, its logits at the same size out.',
  },
  {
    value: 'safetensors',
    label: 'safetensors with PyTorch’s names',
    text: 'The weights alone, for the network’s own PyTorch code.',
  },
  {
    value: 'tfjs',
    label: 'TensorFlow.js graph model',
    text: 'Network and weights for browsers and Node: one preprocessed picture in, its logits at the same size out.',
  },
  {
    value: 'tflite',
    label: 'TensorFlow Lite',
    text: 'Network and weights for phones and small boards: one preprocessed picture in, its logits at the same size out, in float32.',
  },
];

/** Asks for the format and what it needs, then for the folder. */
export function ExportModelForm({ model, close }: { model: ModelSummary; close: () => void }) {
  const [format, setFormat] = useState<Format>('onnx');
  const [height, setHeight] = useState(model.inputSize[0]);
  const [width, setWidth] = useState(model.inputSize[1]);
  const [busy, setBusy] = useState(false);

  async function start() {
    const picked = await pick('export');
    if (!picked) return;
    setBusy(true);
    const size: [number, number] = [height, width];
    const written = await attempt(() => ask('models.export', { model: model.id, format, file: picked.file, size }));
    setBusy(false);
    if (!written) return;
    notifications.show({ message: `Written to ${picked.label}: ${written.files.join(', ')}.`, autoClose: 8000 });
    close();
  }

  return (
    <>
      <Select
        label="Format"
        allowDeselect={false}
        data={FORMATS}
        value={format}
        onChange={(value) => value && setFormat(value as Format)}
        data-testid="export-model-format"
      />
      <p className="quiet">
        {FORMATS.find(({ value }) => value === format)?.text} The model card and an example program are written beside
        it.
      </p>
      <Group gap={8} style={{ visibility: format === 'safetensors' ? 'hidden' : 'visible' }}>
        <NumberInput
          label="Width of the pictures"
          min={1}
          max={16384}
          allowDecimal={false}
          value={width}
          onChange={(value) => setWidth(Number(value) || 1)}
        />
        <NumberInput
          label="Height"
          min={1}
          max={16384}
          allowDecimal={false}
          value={height}
          onChange={(value) => setHeight(Number(value) || 1)}
        />
      </Group>
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <Button loading={busy} onClick={start} data-testid="export-model-start">
          Export…
        </Button>
      </Group>
    </>
  );
}
