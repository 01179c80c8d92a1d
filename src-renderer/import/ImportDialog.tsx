import { Button, Modal } from '@mantine/core';
import { Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useAsk } from '../state/queries.ts';
import { Found } from './Found.tsx';
import { Framed } from './Framed.tsx';
import './import.css';
import { Strange } from './Strange.tsx';
import { useImport } from './store.ts';

/** What a folder holds, before anything of it is written into the project. */
export function ImportDialog() {
  const { file, close } = useImport();
  return (
    <Modal
      opened={file !== null}
      onClose={close}
      title="Open data set"
      size={1120}
      data-testid="import-dialog"
      closeButtonProps={{ 'aria-label': 'Cancel' }}
    >
      {file !== null && <Looked key={file} file={file} />}
    </Modal>
  );
}

function Looked({ file }: { file: string }) {
  const { reading, setReading } = useImport();
  const preview = useAsk('datasets.preview', { file, reading });
  if (preview.error) {
    return (
      <Framed
        actions={
          reading && (
            <Button variant="default" onClick={() => setReading(null)}>
              Back
            </Button>
          )
        }
      >
        <RefusalBox refusal={preview.error} retry={preview.reload} />
      </Framed>
    );
  }
  if (!preview.data) {
    return (
      <Framed>
        <Waiting text="Looking at the folder" />
      </Framed>
    );
  }
  return preview.data.kind === 'found' ? (
    <Found preview={preview.data} file={file} />
  ) : (
    <Strange preview={preview.data} />
  );
}
