import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';
import type { JobSummary } from '../contract/window.ts';

/** What the user is asked for. */
export type Purpose = 'new-project' | 'open-project' | 'dataset' | 'model' | 'recipe' | 'save-recipe' | 'export';

const WEIGHTS = [
  { name: 'Weights', extensions: ['pth', 'pt', 'safetensors', 'onnx', 'tflite', 'pb', 'json'] },
  { name: 'All files', extensions: ['*'] },
];
const RECIPES = [{ name: 'Recipe', extensions: ['json'] }];

const OPEN: Record<Exclude<Purpose, 'save-recipe'>, OpenDialogOptions> = {
  'new-project': {
    title: 'Choose or make an empty folder for the project',
    properties: ['openDirectory', 'createDirectory'],
  },
  'open-project': { title: 'Open project', properties: ['openDirectory'] },
  dataset: { title: 'Open data set', properties: ['openDirectory'] },
  export: { title: 'Choose or make an empty folder for the export', properties: ['openDirectory', 'createDirectory'] },
  model: { title: 'Import model', properties: ['openFile'], filters: WEIGHTS },
  recipe: { title: 'Open recipe', properties: ['openFile'], filters: RECIPES },
};

/** The folder each purpose was last used with, so that the next question begins there. */
const last = new Map<Purpose, string>();

/** Asks for a file or folder with the system's own dialog; null where the user thought better of it. */
export async function pick(window: BrowserWindow, purpose: Purpose): Promise<string | null> {
  const defaultPath = last.get(purpose);
  const chosen =
    purpose === 'save-recipe'
      ? (
          await dialog.showSaveDialog(window, {
            title: 'Save recipe',
            filters: RECIPES,
            defaultPath: defaultPath ?? 'recipe.json',
          })
        ).filePath
      : (await dialog.showOpenDialog(window, { ...OPEN[purpose], defaultPath })).filePaths[0];
  if (!chosen) return null;
  last.set(purpose, chosen);
  return chosen;
}

export type Quitting = 'stop' | 'keep' | 'cancel';

/** What shall become of the runs and sweeps that are going on when the user closes the last window. */
export async function askQuitting(window: BrowserWindow, going: readonly JobSummary[]): Promise<Quitting> {
  const sweeps = going.filter(({ kind }) => kind === 'sweep').length;
  const [n, word] = sweeps > 0 ? [sweeps, 'sweep'] : [going.length, 'run'];
  const what = n === 1 ? `A ${word} is` : `${n} ${word}s are`;
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `${what} still going.`,
    detail:
      'Stop with a checkpoint, and resume later where it stopped; or close the window and keep running until done.',
    buttons: ['Keep running', 'Stop with checkpoint', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  });
  return (['keep', 'stop', 'cancel'] as const)[response];
}

/** Whether the window may be closed although it holds strokes that are not saved. */
export async function askLosing(window: BrowserWindow, strokes: number, reason: string | null): Promise<boolean> {
  const what = strokes === 1 ? 'A stroke is' : `${strokes} strokes are`;
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: `${what} not saved.`,
    detail: reason ?? 'Saving takes longer than it should.',
    buttons: ['Keep open', 'Close and lose them'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return response === 1;
}
