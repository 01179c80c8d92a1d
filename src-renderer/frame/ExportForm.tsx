import { Button, Checkbox, Group, Select } from '@mantine/core';
import { useState } from 'react';
import { ask } from '../host.ts';
import { Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt, pick } from '../state/actions.ts';
import { useDataset } from '../state/dataset.ts';
import { useAsk } from '../state/queries.ts';

/** Asks for the format, says what it cannot hold, and only then for the folder. */
export function ExportForm({ close }: { close: () => void }) {
  const { dataset } = useDataset();
  const formats = useAsk('exports.formats', {});
  const [format, setFormat] = useState('png');
  const [images, setImages] = useState(false);
  const checked = useAsk('exports.check', dataset && { dataset: dataset.id, format });
  if (!dataset) return <p>There is no data set to export yet. Open a data set folder first.</p>;

  async function start(id: number) {
    const picked = await pick('export');
    if (!picked) return;
    if (await attempt(() => ask('exports.start', { dataset: id, format, file: picked.file, images }))) close();
  }

  return (
    <>
      <p className="quiet">The label maps of {dataset.name}, in the files of another program.</p>
      <Select
        label="Format"
        allowDeselect={false}
        data={(formats.data ?? []).map(({ name, title }) => ({ value: name, label: title }))}
        value={format}
        onChange={(value) => value && setFormat(value)}
        data-testid="export-format"
      />
      <div aria-live="polite" data-testid="export-notes">
        {checked.error && <RefusalBox refusal={checked.error} />}
        {checked.loading && <Waiting text="Looking at the label maps" />}
        {checked.data?.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </div>
      <Checkbox
        mt={12}
        label="Copy the images too"
        checked={images}
        onChange={(event) => setImages(event.currentTarget.checked)}
      />
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <Button disabled={!checked.data} onClick={() => start(dataset.id)} data-testid="export-start">
          Export…
        </Button>
      </Group>
    </>
  );
}
