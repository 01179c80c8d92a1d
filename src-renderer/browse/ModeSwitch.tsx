import { ActionIcon } from '@mantine/core';
import { IconAlertTriangle, IconChartDots, IconCopy, IconLayoutGrid } from '@tabler/icons-react';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { type BrowseMode, useBrowse } from './store.ts';

const MODES = [
  { mode: 'grid', command: 'browse.grid', label: 'Grid', Icon: IconLayoutGrid },
  { mode: 'map', command: 'browse.map', label: 'Map', Icon: IconChartDots },
  { mode: 'duplicates', command: 'browse.duplicates', label: 'Near-duplicates', Icon: IconCopy },
  { mode: 'outliers', command: 'browse.outliers', label: 'Unusual labels', Icon: IconAlertTriangle },
] as const satisfies {
  mode: BrowseMode;
  command: string;
  label: string;
  Icon: React.ComponentType<{ size: number }>;
}[];

/** How the images are shown: as they are, or by how a model sees them. */
export function ModeSwitch() {
  const now = useBrowse((state) => state.mode);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame
    <div className="mode-switch" role="group" aria-label="Images as">
      {MODES.map(({ mode, command, label, Icon }) => (
        <Tip key={mode} command={command}>
          <ActionIcon
            aria-label={label}
            aria-pressed={mode === now}
            variant={mode === now ? 'light' : 'subtle'}
            onClick={() => run(command)}
            data-testid={`mode-${mode}`}
          >
            <Icon size={16} />
          </ActionIcon>
        </Tip>
      ))}
    </div>
  );
}
