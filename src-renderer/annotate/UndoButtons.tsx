import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import type { LabelSession } from './session.ts';
import { useVersion } from './use-session.ts';

/** Undo and redo in the bar above the image. */
export function UndoButtons({ session }: { session: LabelSession | null }) {
  useVersion(session);
  return (
    <>
      <Tip command="edit.undo">
        <ActionIcon aria-label="Undo" disabled={!session?.canUndo} onClick={() => run('edit.undo')} data-testid="undo">
          <IconArrowBackUp size={16} />
        </ActionIcon>
      </Tip>
      <Tip command="edit.redo">
        <ActionIcon aria-label="Redo" disabled={!session?.canRedo} onClick={() => run('edit.redo')} data-testid="redo">
          <IconArrowForwardUp size={16} />
        </ActionIcon>
      </Tip>
    </>
  );
}
