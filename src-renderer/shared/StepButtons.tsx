import { ActionIcon } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';

/** To the image before and the image after. */
export function StepButtons() {
  return (
    <>
      <Tip command="item.previous">
        <ActionIcon aria-label="Previous image" onClick={() => run('item.previous')} data-testid="item-previous">
          <IconChevronLeft size={16} />
        </ActionIcon>
      </Tip>
      <Tip command="item.next">
        <ActionIcon aria-label="Next image" onClick={() => run('item.next')} data-testid="item-next">
          <IconChevronRight size={16} />
        </ActionIcon>
      </Tip>
    </>
  );
}
