import { Button } from '@mantine/core';
import { pick } from '../state/actions.ts';
import { useImport } from './store.ts';

/** The dialog's content above its row of buttons; its size stays whatever is in it. */
export function Framed({ children, actions }: { children: React.ReactNode; actions?: React.ReactNode }) {
  const { close, open } = useImport();
  return (
    <div className="import">
      <div className="import-content">{children}</div>
      <div className="row import-actions">
        <Button
          variant="default"
          onClick={async () => {
            const picked = await pick('dataset');
            if (picked) open(picked.file);
          }}
        >
          Another folder…
        </Button>
        <span className="grow" />
        <Button variant="default" onClick={close} data-testid="import-cancel">
          Cancel
        </Button>
        {actions}
      </div>
    </div>
  );
}
