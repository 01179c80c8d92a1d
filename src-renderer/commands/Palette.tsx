import { Kbd } from '@mantine/core';
import { Spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { canRun, run } from './handlers.ts';
import { actsAt, showKey } from './keys.ts';
import { COMMANDS, type Command } from './list.ts';
import { currentPlace } from './place.ts';
import { isMac } from './Tip.tsx';

/** All commands that can be given now, to be found by typing. */
export function Palette() {
  const [commands, setCommands] = useState<Command[]>([]);
  const gather = () =>
    setCommands(
      (COMMANDS as readonly Command[]).filter(
        (command) => command.id !== 'palette' && canRun(command.id) && actsAt(command, currentPlace()),
      ),
    );
  return (
    <Spotlight
      shortcut={null}
      onSpotlightOpen={gather}
      highlightQuery
      overlayProps={{ blur: 0 }}
      styles={{ action: { minHeight: 32, paddingBlock: 4 } }}
      scrollable
      maxHeight={420}
      nothingFound="No command has this name."
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Find a command',
        'aria-label': 'Find a command',
        size: 'sm',
      }}
      actions={commands.map((command) => ({
        id: command.id,
        label: command.title,
        rightSection: command.keys ? <Kbd size="xs">{showKey(command.keys[0], isMac)}</Kbd> : undefined,
        onClick: () => run(command.id),
        'data-testid': `palette-${command.id}`,
      }))}
    />
  );
}
