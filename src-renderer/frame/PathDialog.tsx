import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Purpose, usePathDialog } from '../state/path-dialog.ts';

const QUESTIONS: Record<Purpose, { title: string; label: string; verb: string }> = {
  'new-project': { title: 'New project', label: 'Folder for the project, made where it is not there', verb: 'Create' },
  'open-project': { title: 'Open project', label: 'The project’s folder', verb: 'Open' },
  dataset: { title: 'Open data set', label: 'The data set’s folder; nothing is written into it', verb: 'Open' },
  model: {
    title: 'Import model',
    label: 'Weights file (.pth, .onnx, .tflite, model.json or .safetensors), or the folder of a SavedModel',
    verb: 'Import',
  },
  recipe: { title: 'Open recipe', label: 'Recipe file (.json)', verb: 'Open' },
  'save-recipe': { title: 'Save recipe', label: 'File to write (.json)', verb: 'Save' },
  export: { title: 'Export annotations', label: 'A new or an empty folder', verb: 'Export' },
};

/** In a browser: asks for a path on the machine where Stillroom runs. */
export function PathDialog() {
  const { purpose, settle } = usePathDialog();
  return (
    <Modal opened={purpose !== null} onClose={() => settle(null)} title={purpose && QUESTIONS[purpose].title}>
      {purpose && <PathForm key={purpose} purpose={purpose} />}
    </Modal>
  );
}

function PathForm({ purpose }: { purpose: Purpose }) {
  const settle = usePathDialog((state) => state.settle);
  const [path, setPath] = useState('');
  const { label, verb } = QUESTIONS[purpose];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim()) settle(path.trim());
      }}
    >
      <TextInput
        label={label}
        description="A path on the machine where Stillroom runs."
        value={path}
        onChange={(event) => setPath(event.currentTarget.value)}
        data-autofocus
        data-testid="path"
      />
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={() => settle(null)}>
          Cancel
        </Button>
        <Button type="submit" disabled={!path.trim()} data-testid="path-ok">
          {verb}
        </Button>
      </Group>
    </form>
  );
}
