/** The real application on a made project of 100,000 images, in a display of its own where there is none. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { startDisplay } from '../../../bin/display.mjs';
import type { Params, RequestName } from '../../../src-main/contract/window.ts';
import { Scratch, startApp, type Window } from '../../e2e/app.ts';
import type { Bench, Shared } from '../bench.ts';
import type { Measured } from '../row.ts';
import { median, quantile } from '../statistics.ts';
import { type MadeProject, makeProject } from './made-project.ts';

const SIZE = { items: 100_000, classes: 20, files: 64, width: 1024, height: 512 };

export class UiSession implements Shared {
  readonly project: MadeProject;
  private readonly window: Window;
  private readonly scratch: Scratch;
  private readonly stopDisplay: () => void;

  private constructor(project: MadeProject, window: Window, scratch: Scratch, stopDisplay: () => void) {
    this.project = project;
    this.window = window;
    this.scratch = scratch;
    this.stopDisplay = stopDisplay;
  }

  static async open(bench: Bench): Promise<UiSession> {
    bench.say(`Making a project of ${SIZE.items} images`);
    const project = makeProject(path.join(bench.folder('ui'), 'project'), SIZE);
    const display = await startDisplay();
    Object.assign(process.env, display.env);
    const scratch = new Scratch();
    const window = await startApp(scratch, [project.folder]);
    await window.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].setContentSize(1280, 800));
    await window.page.getByTestId('grid').waitFor();
    return new UiSession(project, window, scratch, display.stop);
  }

  get page(): Page {
    return this.window.page;
  }

  /** A request of the window's, through the same bridge. @returns seconds until its answer is there */
  async request<N extends RequestName>(name: N, params: Params<N>): Promise<number> {
    return this.page.evaluate(
      async ([which, what]) => {
        const began = performance.now();
        const answer = await window.stillroom!.request(which as string, what);
        if (!answer.ok) throw new Error(answer.refusal.message);
        return (performance.now() - began) / 1000;
      },
      [name, params] as const,
    );
  }

  /** Takes the thumbnails that were made away. */
  forgetThumbnails(): void {
    rmSync(path.join(this.project.folder, 'cache', 'thumbnails'), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.window.app.close();
    this.scratch.remove();
    this.stopDisplay();
  }
}

/** Seconds, held against what they may take at most. */
export function againstGoal(seconds: readonly number[], goal: number, notes?: string[]): Measured {
  const ours = median(seconds);
  const spread = (quantile(seconds, 0.75) - quantile(seconds, 0.25)) / 2 / goal;
  return { unit: 'seconds', ours, peer: goal, peerName: 'the goal', ratio: ours / goal, spread, notes };
}
