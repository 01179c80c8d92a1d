import { ActionIcon, Button } from '@mantine/core';
import { IconMaximize } from '@tabler/icons-react';
import { useViewport } from '../canvas/store.ts';
import { resolve } from '../canvas/viewport.ts';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';

/** Fit, 100 %, and how large the image is now. */
export function ZoomButtons() {
  const { view, image, pane } = useViewport();
  const scale = image ? resolve(view, image, pane).scale : 1;
  return (
    <div className="row" style={{ gap: 4 }}>
      <Tip command="zoom.fit">
        <ActionIcon aria-label="Fit" onClick={() => run('zoom.fit')} data-testid="zoom-fit">
          <IconMaximize size={16} />
        </ActionIcon>
      </Tip>
      <Tip command="zoom.actual">
        <Button
          variant="subtle"
          color="gray"
          w={64}
          px={0}
          onClick={() => run('zoom.actual')}
          data-testid="zoom-actual"
        >
          {Math.round(scale * 100)} %
        </Button>
      </Tip>
    </div>
  );
}
