import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import type { LabelSession } from './session.ts';
import { nothing } from './use-session.ts';

const STEPS = {
  undo: { title: 'Undo', command: 'edit.undo', can: 'canUndo', icon: <IconArrowBackUp size={16} /> },
  redo: { title: 'Redo', command: 'edit.redo', can: 'canRedo', icon: <IconArrowForwardUp size={16} /> },
} as const;

/** Undo and redo in the bar above the image. */
export function UndoButtons({ session }: { session: LabelSession | null }) {
  return (
    <>
      <Step step="undo" session={session} />
      <Step step="redo" session={session} />
    </>
  );
}

/** Rendered only where it becomes possible or impossible: an undo must not wait for its own button. */
function Step({ step, session }: { step: keyof typeof STEPS; session: LabelSession | null }) {
  const { title, command, can, icon } = STEPS[step];
  const enabled = useSyncExternalStore(session?.subscribe ?? nothing, () => session?.[can] ?? false);
  return (
    <Tip command={command}>
      <ActionIcon aria-label={title} disabled={!enabled} onClick={() => run(command)} data-testid={step}>
        {icon}
      </ActionIcon>
    </Tip>
  );
}
