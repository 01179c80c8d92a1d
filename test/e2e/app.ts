/** Drivers of the real application, with the user's verbs. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type ElectronApplication, _electron as electron, type Page } from 'playwright-core';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const SHOTS = path.join(ROOT, 'test-results', 'screenshots');

/** A folder of a test's own, with settings of its own in it. */
export class Scratch {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'stillroom-e2e-'));

  path(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  get env(): Record<string, string> {
    const all = { ...process.env, XDG_CONFIG_HOME: this.path('config'), XDG_DATA_HOME: this.path('data') };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * What draws: whatever the machine has, as for its user; the processor alone; or SwiftShader in the place of a graphics
 * card, so that what is drawn by WebGL is tried on a machine without one (all of the window is drawn by it then, which
 * takes ten times longer).
 */
export type Graphics = 'machine' | 'processor' | 'webgl';

const GRAPHICS: Record<Graphics, string[]> = {
  machine: [],
  processor: ['--disable-gpu'],
  webgl: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
};

/** A root user has no sandbox in Chromium. */
export function switches(graphics: Graphics): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [...asRoot, ...GRAPHICS[graphics], '--force-color-profile=srgb'];
}

export interface Window {
  app: ElectronApplication;
  page: Page;
}

/** Starts the application as `npm start` does. */
export async function startApp(scratch: Scratch, args: string[] = [], graphics: Graphics = 'machine'): Promise<Window> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = scratch.env;
  // Not by executablePath: only where Playwright finds Electron itself does it hold the start until it is connected.
  process.env.ELECTRON_OVERRIDE_DIST_PATH = path.dirname(process.execPath);
  const app = await electron.launch({
    args: [...switches(graphics), `--user-data-dir=${scratch.path('profile')}`, ROOT, ...args],
    env,
  });
  const page = await app.firstWindow();
  await page.waitForLoadState('domcontentloaded');
  return { app, page };
}

/** The system's dialogs cannot be driven: the next ones answer these paths, in turn. */
export async function willChoose(app: ElectronApplication, ...chosen: string[]): Promise<void> {
  await app.evaluate(({ dialog }, files) => {
    dialog.showOpenDialog = async () => ({ canceled: files.length === 0, filePaths: files.splice(0, 1) });
  }, chosen);
}

/** The pages of `stillroom serve` in Debian's Chromium. */
export async function startServed(
  scratch: Scratch,
  project: string,
): Promise<{ page: Page; url: string; close(): Promise<void> }> {
  const args = [path.join(ROOT, 'dist/main/cli.js'), 'serve', '--project', project, '--json'];
  const server = spawn(process.execPath, args, { env: scratch.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    server.stdout.once('data', (data) => resolve(String(data)));
    server.once('exit', (code) => reject(new Error(`serve ended with code ${code}`)));
  });
  const { url } = JSON.parse(line) as { url: string };
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...switches('webgl'), '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  return {
    page,
    url,
    close: async () => {
      await browser.close();
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
    },
  };
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command line and waits for its end, whatever its exit code. */
export function stillroom(scratch: Scratch, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const all = [path.join(ROOT, 'dist/main/cli.js'), ...args];
    execFile(process.execPath, all, { env: scratch.env, maxBuffer: 64e6 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

/** Keeps a picture of the page under test-results/, for a person to look at. */
export async function keepShot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}
