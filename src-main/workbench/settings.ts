/** The user's settings and recent projects: small JSON files in the user's own folder. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomic } from '../base/files.ts';
import { configFolder } from '../base/folders.ts';
import { type ProjectSummary, projectSummary, type Settings } from '../contract/window.ts';
import { engineStatus } from '../engine/status.ts';
import type { HandlersOf } from './context.ts';

const RECENT = 12;

const settings = z.object({
  theme: z.enum(['auto', 'light', 'dark']).catch('auto'),
  engine: z.enum(['auto', 'cuda', 'cpu', 'webgpu', 'wasm']).catch('auto'),
  thumbnailLabels: z.boolean().catch(false),
});
const recentList = z.array(projectSummary).catch([]);

export function readSettings(): Settings {
  return settings.parse(read('settings.json') ?? {});
}

export function writeSettings(change: Partial<Settings>): Settings {
  const kept = Object.entries(change).filter(([, value]) => value !== undefined);
  const next = { ...readSettings(), ...Object.fromEntries(kept) };
  write('settings.json', next);
  return next;
}

/** The engine to ask workers for: STILLROOM_ENGINE goes before the settings. */
export function wantedEngine(): string {
  return process.env.STILLROOM_ENGINE || readSettings().engine;
}

/** Projects opened lately, newest first, of those that are still there. */
export function recentProjects(): ProjectSummary[] {
  return recentList
    .parse(read('recent.json') ?? [])
    .filter((one) => existsSync(path.join(one.folder, 'project.sqlite')));
}

export function rememberProject(project: ProjectSummary): void {
  const others = recentProjects().filter((one) => one.folder !== project.folder);
  write('recent.json', [project, ...others].slice(0, RECENT));
}

export const settingsHandlers: Pick<HandlersOf<'app'>, 'app.settings' | 'app.setSettings' | 'app.engines'> = {
  'app.settings': () => readSettings(),
  'app.engines': () => engineStatus(),
  'app.setSettings': (change) => writeSettings(change),
};

/** A file that cannot be read or understood counts as absent: settings are a comfort, not a reason to stop. */
function read(name: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(configFolder(), name), 'utf8'));
  } catch {
    return undefined;
  }
}

function write(name: string, value: unknown): void {
  writeAtomic(path.join(configFolder(), name), `${JSON.stringify(value, null, 2)}\n`);
}
