/**
 * What follows from edited label maps: the counts of their pixels, their data set's totals and hash, whole label maps
 * from which the journal is replayed, and the files in which jobs find them. All of it can be made again from the journal.
 */
import { readdirSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { LabelsOfClass } from '../contract/annotation.ts';
import { describe } from '../contract/problem.ts';
import { renewTotals } from '../store/datasets.ts';
import {
  changedItems,
  correctedFile,
  correctedNames,
  keptState,
  saveLabelCounts,
  uncountedItems,
} from '../store/label-counts.ts';
import { editsForRun } from '../store/run-gain.ts';
import type { Context } from './context.ts';
import type { ClassChanges, LabelThreads } from './label-threads.ts';
import type { OpenProject } from './project.ts';
import type { Keeper } from './projects.ts';

/** How long after the last stroke an item is counted, and after that its data set. */
const QUIET_MS = 800;
/** Entries after which a whole label map is kept, so that opening an item replays few of them. */
const KEEP_EVERY = 32;

export class Corrections implements Keeper {
  private readonly context: Context;
  private readonly threads: LabelThreads;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly counting = new Map<number, Promise<void>>();
  private readonly working = new Set<Promise<void>>();
  /** What entries did to each class, by item and entries: journals only grow, so it never changes. */
  private readonly made = new Map<string, ClassChanges>();
  /** Data sets whose totals are not those of their items. */
  private readonly stale = new Set<number>();
  private closed = true;

  constructor(context: Context, threads: LabelThreads) {
    this.context = context;
    this.threads = threads;
  }

  /** An entry was added to an item's journal. */
  touched(project: OpenProject, item: number, sequence: number): void {
    this.later(`item ${item}`, QUIET_MS, () => this.count(project, item));
    // Whoever paints without a pause must not make a long way for the replay either.
    if (sequence % KEEP_EVERY === 0) this.later(`state ${item}`, 0, () => this.count(project, item));
  }

  /**
   * What was done to each class of a data set between a run and the one before it (`runs.gain`). One image after the
   * other, so that strokes find a thread, and each once.
   * @throws Problem where there is no such run, or a label map cannot be replayed
   */
  async madeForRun(run: string): Promise<LabelsOfClass[]> {
    const { project } = this.context;
    const classes: LabelsOfClass[] = [];
    for (const edits of editsForRun(project.database, run)) {
      const key = Object.values(edits).join(' ');
      const changes = this.made.get(key) ?? (await this.threads.ask(project, 'made', edits));
      if (!this.closed) this.made.set(key, changes);
      const { labelled, corrected, touched } = changes;
      for (let c = 0; c < touched.length; c++) {
        classes[c] ??= { images: 0, labelled: 0, corrected: 0 };
        classes[c].images += touched[c] ? 1 : 0;
        classes[c].labelled += labelled[c];
        classes[c].corrected += corrected[c];
      }
    }
    return classes;
  }

  /**
   * Sees to it that all that is known of a data set, and what jobs read of it, is up to date with its label maps.
   * @throws Problem where a label map cannot be replayed or a file cannot be written
   */
  async prepare(dataset: number): Promise<void> {
    const { project } = this.context;
    for (;;) {
      const items = uncountedItems(project.database, dataset);
      if (items.length === 0) break;
      await Promise.all(items.map((item) => this.count(project, item)));
    }
    if (this.stale.has(dataset)) await this.total(project, dataset);
    await Promise.all(
      changedItems(project.database, dataset).map(async ({ item, counted: at, hash }) => {
        const file = correctedFile(project.folder, item, hash);
        const there = await access(file).then(
          () => true,
          () => false,
        );
        if (!there) await this.threads.ask(project, 'write', { item, at, file });
      }),
    );
  }

  /** Counts, in a while, what was edited and not counted. @param dataset null: in all data sets */
  recount(project: OpenProject, dataset: number | null): void {
    for (const item of uncountedItems(project.database, dataset)) this.touched(project, item, 0);
  }

  /** What the last host did not count is counted; files that no job will read any more go. */
  opened(): void {
    const { project } = this.context;
    this.closed = false;
    this.recount(project, null);
    const current = correctedNames(project.database, project.folder);
    const folder = project.path('cache', 'labels');
    try {
      for (const name of readdirSync(folder)) if (!current.has(name)) rmSync(path.join(folder, name), { force: true });
    } catch {
      // There is no such folder yet, or it cannot be tidied: the next opening tries again.
    }
  }

  /** What is not counted yet is counted when the project is opened again. */
  async closing(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.stale.clear();
    this.made.clear();
    await Promise.allSettled([...this.working, ...this.counting.values()]);
  }

  private count(project: OpenProject, item: number): Promise<void> {
    const going = this.counting.get(item);
    if (going) return going;
    const work = async () => {
      const keep = keptState(project.database, item) + KEEP_EVERY;
      const counts = await this.threads.ask(project, 'count', { item, keep });
      const dataset = await project.write((database) => saveLabelCounts(database, item, counts));
      this.stale.add(dataset);
      this.later(`dataset ${dataset}`, QUIET_MS, () => this.total(project, dataset));
    };
    const counted = work().finally(() => this.counting.delete(item));
    this.counting.set(item, counted);
    return counted;
  }

  private async total(project: OpenProject, dataset: number): Promise<void> {
    this.stale.delete(dataset);
    const totals = await this.threads.ask(project, 'totals', { dataset });
    await project.write((database) => renewTotals(database, dataset, totals));
    this.context.tell('datasets.changed', {});
  }

  /** Does something in a while, and not before the last of these calls is that long ago. */
  private later(key: string, ms: number, work: () => Promise<void>): void {
    clearTimeout(this.timers.get(key));
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.timers.delete(key);
      const working = work()
        .catch((error: unknown) => {
          const text = `Edited label maps could not be counted; nothing of them is lost. ${describe(error)}`;
          this.context.tell('notice', { level: 'warning', text });
        })
        .finally(() => this.working.delete(working));
      this.working.add(working);
    }, ms);
    timer.unref();
    this.timers.set(key, timer);
  }
}
