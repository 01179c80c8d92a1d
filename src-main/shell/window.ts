import path from 'node:path';
import { app, BrowserWindow, powerSaveBlocker, session } from 'electron';
import { appFolder } from '../base/folders.ts';
import { describe } from '../contract/problem.ts';
import type { JobSummary, News, NewsName } from '../contract/window.ts';
import { answer } from '../serve/pages.ts';
import { Workbench } from '../workbench/workbench.ts';
import { askLosing, askQuitting, pick } from './dialogs.ts';
import { lockSession, SCHEME } from './security.ts';

/** What to show at first. */
export interface Opening {
  project?: string;
  /** What the window's address takes: a view (`compare`), perhaps with what is in it (`compare?models=1,3,2`). */
  view?: string;
}

let opened = 0;

/**
 * One window with a host of its own: a session in memory, so that windows share nothing, an address of its own
 * (`app://w1/`), by which the sender of each message is known, and a workbench.
 */
export class MainWindow {
  readonly origin: string;
  readonly workbench: Workbench;
  readonly window: BrowserWindow;
  #closing = false;
  #blocker: number | undefined;

  constructor(opening: Opening) {
    opened += 1;
    this.origin = `${SCHEME}://w${opened}`;
    const own = session.fromPartition(`window-${opened}`);
    lockSession(own);
    this.window = new BrowserWindow({
      width: 1440,
      height: 900,
      minWidth: 900,
      minHeight: 600,
      show: false,
      title: 'Stillroom',
      backgroundColor: '#1a1a1a',
      autoHideMenuBar: true,
      webPreferences: {
        session: own,
        preload: path.join(appFolder(), 'dist', 'main', 'preload.cjs'),
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
      },
    });
    this.workbench = new Workbench({
      home: 'electron',
      version: app.getVersion(),
      root: appFolder(),
      pick: (purpose) => pick(this.window, purpose),
    });
    const pages = path.join(appFolder(), 'dist', 'renderer');
    own.protocol.handle(SCHEME, (request) => answer(request, this.workbench, pages));
    this.workbench.onNews((name, news) => this.#tell(name, news));
    this.window.once('ready-to-show', () => this.window.show());
    this.window.on('close', (event) => {
      if (this.#closing) return;
      event.preventDefault();
      void this.#close();
    });
    void this.#open(opening);
  }

  /** Shows the window again, after it was closed on runs that went on. */
  show(): void {
    if (this.window.isMinimized()) this.window.restore();
    this.window.show();
    this.window.focus();
  }

  async #open({ project, view }: Opening): Promise<void> {
    let refusal: string | undefined;
    if (project !== undefined) {
      await this.workbench.openProject(project).catch((error: unknown) => {
        refusal = describe(error);
      });
    }
    await this.window.loadURL(`${this.origin}/${view ? `#${view}` : ''}`);
    if (refusal !== undefined) this.#tell('notice', { level: 'error', text: refusal });
  }

  #tell(name: NewsName, news: unknown): void {
    if (name === 'jobs.changed') this.#follow(news as News['jobs.changed']);
    if (!this.window.isDestroyed()) this.window.webContents.send('news', name, news);
  }

  /** Jobs show in the task bar and keep the machine awake; when the window was closed on them, their end is its end. */
  #follow(jobs: JobSummary[]): void {
    const going = jobs.filter((job) => job.status === 'running');
    const trains = going.some((job) => job.kind === 'train' || job.kind === 'sweep');
    if (trains && this.#blocker === undefined) this.#blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!trains && this.#blocker !== undefined) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = undefined;
    }
    if (this.window.isDestroyed()) return;
    const [first] = going;
    this.window.setProgressBar(first && first.total > 0 ? first.done / first.total : -1);
    if (!trains && !this.window.isVisible() && this.#hidden) void this.#end(false);
  }

  /** True after the user closed the window and let the runs go on. */
  #hidden = false;

  async #close(): Promise<void> {
    if (!(await this.#mayLose())) return;
    const runs = this.workbench.activeRuns();
    if (runs.length === 0) return this.#end(false);
    const choice = await askQuitting(this.window, runs);
    if (choice === 'cancel') return;
    if (choice === 'stop') return this.#end(true);
    this.#hidden = true;
    this.window.hide();
  }

  /** Gives strokes that are on their way a moment to be saved; then whether the rest may be lost. */
  async #mayLose(): Promise<boolean> {
    for (let i = 0; i < 30 && this.workbench.unsaved.strokes > 0 && !this.workbench.unsaved.reason; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { strokes, reason } = this.workbench.unsaved;
    return strokes === 0 || askLosing(this.window, strokes, reason);
  }

  async #end(stopRuns: boolean): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.window.hide();
    await this.workbench.close({ stopRuns }).catch((error: unknown) => console.error(error));
    this.window.destroy();
  }
}
