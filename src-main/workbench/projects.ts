/** Making, opening and closing projects. */
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import type { ProjectSummary } from '../contract/window.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Files } from './files.ts';
import { type Host, listenForLinks } from './link.ts';
import { isProject, OpenProject } from './project.ts';
import { recentProjects, rememberProject } from './settings.ts';

/** What must happen around a project's opening and closing; each service that keeps something has one. */
export interface Keeper {
  /** After the database is open, before anybody is told. */
  opened?(): void | Promise<void>;
  /** Before the database is closed. */
  closing?(options: { stopRuns: boolean }): Promise<void>;
}

export class Projects {
  private readonly context: Context;
  private readonly keepers: Keeper[];
  private readonly host: Host;
  private stopLinks: (() => void) | null = null;
  /** The opening that was asked for last: one goes on after the other. */
  private opening: Promise<unknown> = Promise.resolve();

  /** @param host answers the command line that comes through the link */
  constructor(context: Context, keepers: Keeper[], host: Host) {
    this.context = context;
    this.keepers = keepers;
    this.host = host;
  }

  /**
   * Opens a project in place of the one that is open, which is kept where the new one cannot be opened.
   * @param mode `create` refuses a folder that has a project, `open` one that has none, `either` takes both
   */
  open(folder: string, mode: 'open' | 'create' | 'either'): Promise<ProjectSummary> {
    const opened = this.opening.then(() => this.openInTurn(folder, mode));
    this.opening = opened.catch(() => {});
    return opened;
  }

  private async openInTurn(folder: string, mode: 'open' | 'create' | 'either'): Promise<ProjectSummary> {
    if (mode === 'create' && isProject(folder)) {
      throw new Problem('This folder already holds a Stillroom project.', {
        where: folder,
        next: 'Open it, or choose another folder.',
      });
    }
    const before = this.context.projectIfOpen;
    if (before && before.folder === path.resolve(folder)) return before.summary;
    this.requireIdle();
    const project = await OpenProject.open(folder, { create: mode !== 'open' });
    try {
      // One may have been started meanwhile.
      this.requireIdle();
    } catch (error) {
      await project.close();
      throw error;
    }
    await this.close({ stopRuns: true });
    this.context.setProject(project);
    for (const keeper of this.keepers) await keeper.opened?.();
    this.stopLinks = await listenForLinks(project.folder, this.host).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      const text = `While this project is open, the command line cannot use it: ${why}`;
      this.context.tell('notice', { level: 'warning', text });
      return null;
    });
    rememberProject(project.summary);
    return project.summary;
  }

  /** @throws Problem while a run goes on: leaving the project would end it, and nobody asked for that */
  requireIdle(): void {
    const [run] = this.context.jobs.activeRuns();
    if (!run) return;
    throw new Problem(`A run is still going in this project: ${run.title}.`, {
      next: 'Stop it first, or open the other project in a window of its own.',
    });
  }

  async close(options: { stopRuns: boolean }): Promise<void> {
    const project = this.context.projectIfOpen;
    if (!project) return;
    for (const keeper of this.keepers) await keeper.closing?.(options);
    this.stopLinks?.();
    this.stopLinks = null;
    this.context.setProject(null);
    await project.close();
  }
}

export function projectHandlers(
  projects: Projects,
  files: Files,
): Pick<HandlersOf<'project'>, 'project.create' | 'project.open' | 'project.close'> {
  return {
    'project.create': ({ file }) => projects.open(files.resolve(file), 'create'),
    'project.open': ({ file, recent }) => {
      if (file !== undefined) return projects.open(files.resolve(file), 'open');
      const known = recentProjects()[recent ?? 0];
      if (!known) throw new Problem('There is no such recent project.', { next: 'Open it by its folder.' });
      return projects.open(known.folder, 'open');
    },
    'project.close': async () => {
      projects.requireIdle();
      await projects.close({ stopRuns: true });
      return null;
    },
  };
}
