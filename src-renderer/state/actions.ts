import { notifications } from '@mantine/notifications';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Params } from '../../src-main/contract/window.ts';
import { mayLeaveProject } from '../annotate/leave.ts';
import { ask, onNews } from '../host.ts';
import { useImport } from '../import/store.ts';
import { useCardDialog } from '../models/card-dialog.ts';
import { useNaming } from '../models/naming.ts';
import { asRefusal, refusalLine } from '../refused.ts';
import { useApp } from './app.ts';
import { askPath } from './path-dialog.ts';

/** Shows what went wrong until the user closes it. */
export function tellRefusal(error: unknown): void {
  notifications.show({
    color: 'red',
    title: 'This did not work',
    message: refusalLine(asRefusal(error)),
    autoClose: false,
  });
}

/** Does something that the host may refuse; shows the refusal. Answers undefined then. */
export async function attempt<T>(what: () => Promise<T>): Promise<T | undefined> {
  try {
    return await what();
  } catch (error) {
    tellRefusal(error);
    return undefined;
  }
}

/** Asks for a file or folder: by the system's dialog in the app, by typing its path in a browser. Null: the user thought better of it. */
export async function pick(
  purpose: Params<'files.pick'>['purpose'],
): Promise<{ file: string; label: string } | null | undefined> {
  return attempt(async () => {
    if (useApp.getState().info?.home !== 'browser') return ask('files.pick', { purpose });
    const path = await askPath(purpose);
    return path === null ? null : ask('files.pick', { purpose, path });
  });
}

export async function newProject(): Promise<boolean> {
  if (!(await mayLeaveProject())) return false;
  const picked = await pick('new-project');
  return Boolean(picked && (await attempt(() => ask('project.create', { file: picked.file }))));
}

export async function openProject(): Promise<void> {
  if (!(await mayLeaveProject())) return;
  const picked = await pick('open-project');
  if (picked) await attempt(() => ask('project.open', { file: picked.file }));
}

/** The recent projects count from 0, newest first. */
export async function openRecent(recent: number): Promise<void> {
  if (await mayLeaveProject()) await attempt(() => ask('project.open', { recent }));
}

export async function openSample(): Promise<void> {
  if (await mayLeaveProject()) await attempt(() => ask('project.sample', {}));
}

/** Shows what a folder holds; from there it can be imported. */
export async function openDataset(): Promise<void> {
  const picked = await pick('dataset');
  if (picked) useImport.getState().open(picked.file);
}

/** Makes a project where none is open, for a data set to be imported into. Answers whether there is one. */
export async function requireProject(): Promise<boolean> {
  if (useApp.getState().info?.project) return true;
  const told = notifications.show({
    message: 'Choose a folder for the project: what Stillroom makes of this data set is kept there.',
    autoClose: false,
  });
  try {
    return await newProject();
  } finally {
    // It lies over the dialog's own buttons.
    notifications.hide(told);
  }
}

/** Begins the import of a folder, and shows its images: at once in Browse, and as the data set chosen once it is read. */
export async function importDataset(params: Params<'datasets.import'>, root: string): Promise<boolean> {
  const begun = await attempt(() => ask('datasets.import', params));
  if (!begun) return false;
  useApp.getState().show('browse');
  const end = onNews('jobs.changed', (jobs) => {
    if (jobs.find(({ id }) => id === begun.job)?.status === 'running') return;
    end();
    void ask('datasets.list', {}).then((all) => {
      const found = all.find((one) => one.root === root);
      if (found) useApp.getState().setDataset(found.id);
    }, tellRefusal);
  });
  return true;
}

export async function importModel(): Promise<void> {
  const picked = await pick('model');
  if (!picked) return;
  let model: ModelSummary;
  try {
    model = await ask('models.import', { file: picked.file });
  } catch (error) {
    // What can be read as weights, but of no network that is known by itself, the user may name
    const naming = { network: null, outputs: null, names: {} };
    const readable = await ask('models.match', { file: picked.file, naming }).catch(() => null);
    if (readable && readable.matched > 0) useNaming.setState({ picked });
    else tellRefusal(error);
    return;
  }
  notifications.show({ message: `Imported ${model.card.name}.`, autoClose: 4000 });
  useApp.getState().show('models');
  if (model.card.guessed) useCardDialog.setState({ model: model.id });
}

export async function closeProject(): Promise<void> {
  if (await mayLeaveProject()) await attempt(() => ask('project.close', {}));
}
