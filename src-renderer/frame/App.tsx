import { useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { Annotate } from '../annotate/Annotate.tsx';
import { followLabels } from '../annotate/follow-labels.ts';
import { Browse } from '../browse/Browse.tsx';
import { Palette } from '../commands/Palette.tsx';
import { useKeys } from '../commands/use-keys.ts';
import { Compare } from '../compare/Compare.tsx';
import { onNews } from '../host.ts';
import { Models } from '../models/Models.tsx';
import { Runs } from '../runs/Runs.tsx';
import { SettingsView } from '../settings/SettingsView.tsx';
import { ConfirmDialog } from '../shared/ConfirmDialog.tsx';
import { Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { Start } from '../start/Start.tsx';
import { followProject, useApp } from '../state/app.ts';
import { followNews } from '../state/queries.ts';
import type { View } from '../state/route.ts';
import { useFollowRuns } from '../train/live.ts';
import { Train } from '../train/Train.tsx';
import { appCommands } from './app-commands.ts';
import { Dialogs } from './Dialogs.tsx';
import { forgetProject } from './forget.ts';
import { PathDialog } from './PathDialog.tsx';
import { StatusBar } from './StatusBar.tsx';
import { TopBar, titleOf } from './TopBar.tsx';
import { useAddress } from './use-address.ts';

const VIEWS: Record<View, React.ComponentType> = {
  browse: Browse,
  annotate: Annotate,
  train: Train,
  compare: Compare,
  runs: Runs,
  models: Models,
  settings: SettingsView,
};

/** The whole window: bar, view, status. Without a project it is the start view. */
export function App() {
  const { info, settings, refusal, view, load } = useApp();
  const { setColorScheme } = useMantineColorScheme();

  useEffect(() => {
    const ends = [followNews(), followProject(forgetProject), followLabels(), appCommands()];
    ends.push(
      onNews('notice', ({ level, text }) => {
        const color = level === 'error' ? 'red' : level === 'warning' ? 'yellow' : 'gray';
        notifications.show({ color, message: text, autoClose: level === 'error' ? false : 8000 });
      }),
    );
    void useApp.getState().load();
    return () => {
      for (const end of ends) end();
    };
  }, []);
  useEffect(() => setColorScheme(settings.theme), [settings.theme, setColorScheme]);
  useKeys();
  useAddress();

  const project = info?.project ?? null;
  useFollowRuns(project !== null);
  useEffect(() => {
    document.title = project ? `${project.name} – Stillroom` : 'Stillroom';
  }, [project]);

  const Shown = view === 'settings' || project ? VIEWS[view] : Start;
  return (
    <div className="frame">
      <TopBar />
      <main className="view" key={project?.folder ?? ''} data-testid={`view-${Shown === Start ? 'start' : view}`}>
        {project && view !== 'settings' && <h1 className="hidden-visually">{titleOf(view)}</h1>}
        {refusal ? <RefusalBox refusal={refusal} retry={load} /> : info ? <Shown /> : <Waiting text="Starting" />}
      </main>
      <StatusBar />
      <Palette />
      <PathDialog />
      <ConfirmDialog />
      <Dialogs />
    </div>
  );
}
