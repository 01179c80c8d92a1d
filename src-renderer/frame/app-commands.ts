import { spotlight } from '@mantine/spotlight';
import { useViewport } from '../canvas/store.ts';
import { handle } from '../commands/handlers.ts';
import { closeProject, importModel, newProject, openDataset, openProject, openSample } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useOverlay } from '../state/overlay.ts';
import { VIEWS } from '../state/route.ts';
import { pauseOrResumeRun, stopCurrentRun, useLiveRun } from '../train/live.ts';
import { openRecipe } from '../train/recipe-files.ts';

const hasProject = () => Boolean(useApp.getState().info?.project);

/** Moves the focus to the next panel of the view; panels are marked with `data-panel`. */
function focusNextPanel() {
  const panels = [...document.querySelectorAll<HTMLElement>('[data-panel]')].filter((panel) => panel.offsetParent);
  if (panels.length === 0) return;
  const now = panels.findIndex((panel) => panel.contains(document.activeElement));
  const panel = panels[(now + 1) % panels.length];
  const first = panel.querySelector<HTMLElement>('button, input, select, textarea, a[href], [tabindex="0"]');
  (first ?? panel).focus();
}

function toggleTheme() {
  const dark = document.documentElement.dataset.mantineColorScheme === 'dark';
  void useApp.getState().changeSettings({ theme: dark ? 'light' : 'dark' });
}

/** Gives the commands that mean the same in every view their meaning. */
export function appCommands(): () => void {
  const views = Object.fromEntries(
    VIEWS.map((view) => [
      `view.${view}`,
      { run: () => useApp.getState().show(view), enabled: () => view === 'settings' || hasProject() },
    ]),
  );
  const overlay = useOverlay.getState();
  const viewport = useViewport.getState();
  return handle({
    ...views,
    'dataset.open': openDataset,
    'dataset.export': { run: () => useApp.getState().setDialog('export'), enabled: hasProject },
    'project.open': openProject,
    'project.new': newProject,
    'project.sample': openSample,
    'project.close': { run: closeProject, enabled: hasProject },
    'model.import': { run: importModel, enabled: hasProject },
    'recipe.open': { run: openRecipe, enabled: hasProject },
    'panel.next': focusNextPanel,
    'theme.toggle': toggleTheme,
    palette: spotlight.open,
    shortcuts: () => useApp.getState().setDialog('shortcuts'),
    about: () => useApp.getState().setDialog('about'),
    'zoom.in': () => viewport.zoom(1.25),
    'zoom.out': () => viewport.zoom(0.8),
    'zoom.fit': viewport.fit,
    'zoom.actual': viewport.actual,
    'opacity.less': () => overlay.setOpacity(useOverlay.getState().opacity - 0.1),
    'opacity.more': () => overlay.setOpacity(useOverlay.getState().opacity + 0.1),
    'overlay.hide': () => {
      viewport.setBare(true);
      window.addEventListener('keyup', () => viewport.setBare(false), { once: true });
    },
    'contours.toggle': overlay.toggleContours,
    'classes.search': () => document.querySelector<HTMLInputElement>('[data-class-search]')?.focus(),
    ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`class.${index}`, () => overlay.toggle(index)])),
    'train.stop': { run: stopCurrentRun, enabled: () => useLiveRun.getState().run !== null },
    'train.pause': { run: pauseOrResumeRun, enabled: () => useLiveRun.getState().run !== null },
  });
}
