import { Button, Group } from '@mantine/core';
import type { Refusal } from '../../src-main/contract/window.ts';

/** A failure: what and where, what to do next, and a way to try again. */
export function RefusalBox({ refusal, retry }: { refusal: Refusal; retry?: () => void }) {
  const { message, where, next } = refusal;
  return (
    <div className="refusal" role="alert" data-testid="refusal">
      <p>
        {message}
        {where && !message.includes(where) ? ` (${where})` : ''}
      </p>
      {next && <p className="quiet">{next}</p>}
      {retry && (
        <Group mt={8}>
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        </Group>
      )}
    </div>
  );
}
