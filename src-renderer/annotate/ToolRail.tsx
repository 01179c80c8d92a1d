import { ActionIcon } from '@mantine/core';
import { run } from '../commands/handlers.ts';
import { commandOf } from '../commands/list.ts';
import { Tip } from '../commands/Tip.tsx';
import { useAnnotate } from './store.ts';
import { TOOL_IDS, toolInfo } from './tools/registry.ts';

/** The tools, as icons; each tells its name and key. */
export function ToolRail() {
  const chosen = useAnnotate((state) => state.tool);
  return (
    <div className="tool-rail" role="toolbar" aria-label="Tools" aria-orientation="vertical" data-panel>
      {TOOL_IDS.map((id) => {
        const { command, icon: Icon } = toolInfo(id);
        return (
          <Tip key={id} command={command} position="right">
            <ActionIcon
              aria-label={commandOf(command)?.title}
              aria-pressed={id === chosen}
              variant={id === chosen ? 'light' : 'subtle'}
              color={id === chosen ? 'accent' : 'gray'}
              onClick={() => run(command)}
              data-testid={`tool-${id}`}
            >
              <Icon size={18} />
            </ActionIcon>
          </Tip>
        );
      })}
    </div>
  );
}
