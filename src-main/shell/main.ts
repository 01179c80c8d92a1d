import path from 'node:path';
import { parseArgs } from 'node:util';
import { app, ipcMain, Menu, protocol } from 'electron';
import { ask, type Outcome } from '../serve/api.ts';
import { isTrustedSender, lockNavigation, SCHEME } from './security.ts';
import { MainWindow, type Opening } from './window.ts';

/** The windows that are open, by the id of the page in them. */
const windows = new Map<number, MainWindow>();

function open(opening: Opening): void {
  const made = new MainWindow(opening);
  const id = made.window.webContents.id;
  windows.set(id, made);
  made.window.on('closed', () => windows.delete(id));
}

/** The command line: `[PROJECT] [--view NAME]`, among Chromium's own switches; in a checkout the application comes first. */
function read(argv: string[], folder: string): Opening {
  const { values, positionals } = parseArgs({
    args: argv.slice(1),
    options: { view: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  });
  const project = positionals[app.isPackaged ? 0 : 1];
  return {
    project: project === undefined ? undefined : path.resolve(folder, project),
    view: typeof values.view === 'string' ? values.view : undefined,
  };
}

async function answer(event: Electron.IpcMainInvokeEvent, name: unknown, params: unknown): Promise<Outcome> {
  const window = windows.get(event.sender.id);
  if (!window || !isTrustedSender(event, window.origin) || typeof name !== 'string') {
    return { ok: false, refusal: { message: 'This request did not come from a Stillroom window.' } };
  }
  return ask(window.workbench, name, params);
}

function start(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
  lockNavigation();
  ipcMain.handle('request', answer);
  // The window has a menu of its own; macOS expects one at the top of the screen, and takes editing keys from it.
  const roles = [{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }] as const;
  Menu.setApplicationMenu(process.platform === 'darwin' ? Menu.buildFromTemplate([...roles]) : null);
  app.on('second-instance', (_event, argv, folder) => {
    const opening = read(argv, folder);
    const hidden = [...windows.values()].find((one) => !one.window.isVisible());
    if (hidden && opening.project === undefined) hidden.show();
    else open(opening);
  });
  app.on('window-all-closed', () => app.quit());
  void app.whenReady().then(() => open(read(process.argv, process.cwd())));
}

// One process per user, so that a second start finds the windows whose runs go on.
if (app.requestSingleInstanceLock()) start();
else app.quit();
