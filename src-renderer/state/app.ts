import { create } from 'zustand';
import type { AppInfo, Refusal, Settings } from '../../src-main/contract/window.ts';
import { ask, onNews } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { parseRoute, type View } from './route.ts';

interface AppState {
  info: AppInfo | null;
  settings: Settings;
  /** Why the window could not start. */
  refusal: Refusal | null;
  view: View;
  /** The data set that Browse, Train and Compare work on; null stands for the project's first. */
  dataset: number | null;
  /** The run opened in Runs, and what of it is shown. */
  run: string | null;
  runTab: RunTab;
  /** The sweep opened in Runs, where no run is. */
  sweep: number | null;
  dialog: 'shortcuts' | 'about' | 'export' | 'sweep' | null;
  show(view: View): void;
  showRun(run: string | null, tab?: RunTab): void;
  showSweep(sweep: number | null): void;
  setRunTab(tab: RunTab): void;
  setDataset(dataset: number | null): void;
  setDialog(dialog: AppState['dialog']): void;
  load(): Promise<void>;
  changeSettings(settings: Partial<Settings>): Promise<void>;
}

export type RunTab = 'curves' | 'gain' | 'recipe' | 'events';

const route = parseRoute(window.location.hash);

/** What the whole window shares: the project that is open, the settings, and which view is shown. */
export const useApp = create<AppState>((set) => ({
  info: null,
  settings: { theme: 'auto', engine: 'auto', thumbnailLabels: false },
  refusal: null,
  view: route.view,
  dataset: null,
  run: route.run,
  runTab: 'curves',
  sweep: null,
  dialog: null,
  show: (view) => set({ view }),
  showRun: (run, tab) => set({ view: 'runs', run, sweep: null, ...(tab && { runTab: tab }) }),
  showSweep: (sweep) => set({ view: 'runs', run: null, sweep }),
  setRunTab: (runTab) => set({ runTab }),
  setDataset: (dataset) => set({ dataset }),
  setDialog: (dialog) => set({ dialog }),
  async load() {
    try {
      const [info, settings] = await Promise.all([ask('app.info', {}), ask('app.settings', {})]);
      set({ info, settings, refusal: null });
    } catch (error) {
      set({ refusal: asRefusal(error) });
    }
  },
  async changeSettings(settings) {
    set({ settings: await ask('app.setSettings', settings) });
  },
}));

/** Follows the project that the host has open; `forget` drops what belonged to the one before. */
export function followProject(forget: () => void): () => void {
  return onNews('project.changed', (project) => {
    const before = useApp.getState().info?.project?.folder;
    if (before !== project?.folder) {
      useApp.setState({ dataset: null, run: null, sweep: null });
      forget();
    }
    void useApp.getState().load();
  });
}
