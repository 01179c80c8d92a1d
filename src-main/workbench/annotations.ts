/**
 * Editing label maps: what is opened, and the journal that every stroke goes into. Decoding, checking and replaying
 * happen in threads; the host's own thread writes one short transaction for each stroke.
 */
import type { AnnotationState, HistoryEntry, LabelEditRecord } from '../contract/annotation.ts';
import { Problem } from '../contract/problem.ts';
import { stacksOf } from '../labels/history.ts';
import {
  addEntry,
  type EditsBegin,
  getEntry,
  getLabelEdits,
  labelHistory,
  lastWork,
  type NewEntry,
  sawSource,
} from '../store/label-edits.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { LabelThreads } from './label-threads.ts';
import type { OpenProject } from './project.ts';
import type { Keeper } from './projects.ts';
import type { Planes } from './resources.ts';

const AGAIN = 'Open the image again.';

export class Annotations implements Keeper {
  private readonly context: Context;
  private readonly threads: LabelThreads;
  private readonly corrections: Corrections;
  /** What goes on with each item: one thing at a time, in the order in which it was asked for. */
  private readonly going = new Map<number, Promise<unknown>>();
  /** The source of each item as it was when it was opened here: the first stroke must lie on that one. */
  private readonly sources = new Map<number, string>();

  private closed = true;

  constructor(context: Context, threads: LabelThreads, corrections: Corrections) {
    this.context = context;
    this.threads = threads;
    this.corrections = corrections;
  }

  open(item: number): Promise<AnnotationState> {
    return this.inTurn(item, async (project) => {
      const { state, source } = await this.threads.ask(project, 'open', { item });
      this.sources.set(item, source);
      return state;
    });
  }

  /** @param at as after this entry; the last one where it is not given */
  planes(item: number, at?: number): Promise<Planes> {
    return this.inTurn(item, (project) => this.threads.ask(project, 'planes', { item, at }));
  }

  /** The source as it is now, whatever was edited. */
  source(item: number): Promise<Planes> {
    return this.inTurn(item, (project) => this.threads.ask(project, 'planes', { item, at: 'source' }));
  }

  /** @returns the new entry's sequence, once it is lasting */
  save(item: number, sequence: number, edit: LabelEditRecord): Promise<number> {
    return this.inTurn(item, async (project) => {
      const { entry, begin } = await this.threads.ask(project, 'check', { item, edit });
      return this.add(project, item, sequence, entry, begin);
    });
  }

  undo(item: number, sequence: number, of: number, redo: boolean): Promise<number> {
    return this.inTurn(item, async (project) => {
      const { database } = project;
      const stacks = stacksOf(labelHistory(database, item));
      if ((redo ? stacks.redo : stacks.undo).at(-1) !== of) {
        const what = redo ? 'done again' : 'undone';
        throw new Problem(`Entry ${of} is not the next that can be ${what}.`, { next: AGAIN });
      }
      const { tool, pixels } = getEntry(database, item, of);
      return this.add(project, item, sequence, undoing({ sequence: of, tool, pixels }, !redo), null);
    });
  }

  restore(item: number, sequence: number, to: number): Promise<number> {
    return this.inTurn(item, async (project) => {
      if (to > 0) getEntry(project.database, item, to);
      const entry = await this.threads.ask(project, 'restore', { item, to });
      return entry ? this.add(project, item, sequence, entry, null) : sequence;
    });
  }

  async resolve(item: number, keep: 'mine' | 'source'): Promise<AnnotationState> {
    await this.inTurn(item, async (project) => {
      const { seen, entry } = await this.threads.ask(project, 'source', { item, take: keep === 'source' });
      await project.write((database) => sawSource(database, item, seen, entry));
      this.changed(project, item, 0);
    });
    return this.open(item);
  }

  /**
   * Gives ignored pixels of an image these classes, `height·width`, as one entry.
   * @param began when the work over many images began that this is a part of
   * @returns whether there was anything to fill
   */
  fill(item: number, classes: Uint8Array, began: string): Promise<boolean> {
    return this.inTurn(item, async (project) => {
      const { entry, begin } = await this.threads.ask(project, 'fill', { item, classes });
      if (!entry) return false;
      const sequence = getLabelEdits(project.database, item)?.sequence ?? 0;
      await this.add(project, item, sequence, { ...entry, began }, begin, PATIENCE_MS.job);
      return true;
    });
  }

  /** The images in which the work of a tool that was begun last is what was done last. */
  lastWork(dataset: number, tool: string): number[] {
    const { database } = this.context.project;
    return lastWork(database, dataset, tool)
      .filter(({ item, sequence }) => stacksOf(labelHistory(database, item)).undo.at(-1) === sequence)
      .map(({ item }) => item);
  }

  /** Undoes the last stroke of an image where it is of this tool. @returns whether it was */
  undoLast(item: number, tool: string): Promise<boolean> {
    return this.inTurn(item, async (project) => {
      const history = labelHistory(project.database, item);
      const top = stacksOf(history).undo.at(-1);
      const last = history.find(({ sequence }) => sequence === top);
      if (last?.tool !== tool) return false;
      await this.add(project, item, history.length, undoing(last, true), null);
      return true;
    });
  }

  opened(): void {
    this.closed = false;
  }

  /** Strokes that are on their way are written. */
  async closing(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.going.values());
    this.sources.clear();
  }

  private async add(
    project: OpenProject,
    item: number,
    sequence: number,
    entry: NewEntry,
    begin: EditsBegin | null,
    patience?: number,
  ): Promise<number> {
    const opened = this.sources.get(item);
    if (begin && opened !== undefined && opened !== begin.source) {
      throw new Problem('The label map changed on the disk since the image was opened.', { next: AGAIN });
    }
    const added = await project.write((database) => addEntry(database, item, sequence, entry, begin), patience);
    this.changed(project, item, added);
    return added;
  }

  private changed(project: OpenProject, item: number, sequence: number): void {
    this.context.tell('items.changed', { items: [item] });
    this.corrections.touched(project, item, sequence);
  }

  private inTurn<T>(item: number, work: (project: OpenProject) => Promise<T>): Promise<T> {
    const { project } = this.context;
    if (this.closed) throw new Problem('The project is being closed.', { next: 'Open it again.' });
    const turn = (this.going.get(item) ?? Promise.resolve()).catch(() => {}).then(() => work(project));
    this.going.set(item, turn);
    const leave = () => {
      if (this.going.get(item) === turn) this.going.delete(item);
    };
    turn.then(leave, leave);
    return turn;
  }
}

/** The entry that undoes another one, or (not `back`) does it again. */
function undoing(
  { sequence, tool, pixels }: Pick<HistoryEntry, 'sequence' | 'tool' | 'pixels'>,
  back: boolean,
): NewEntry {
  return { tool, of: sequence, back, pixels, patch: new Uint8Array(0), shapes: [] };
}

export function annotationHandlers(context: Context, annotations: Annotations): HandlersOf<'annotations'> {
  return {
    'annotations.open': ({ item }) => annotations.open(item),
    'annotations.save': async ({ item, sequence, edit }) => ({
      sequence: await annotations.save(item, sequence, edit),
    }),
    'annotations.undo': async ({ item, sequence, of, redo }) => ({
      sequence: await annotations.undo(item, sequence, of, redo),
    }),
    'annotations.entry': ({ item, entry }) => {
      const { tool, patch, shapes } = getEntry(context.project.database, item, entry);
      return { tool, patch: Buffer.from(patch).toString('base64'), shapes };
    },
    'annotations.history': ({ item }) => labelHistory(context.project.database, item),
    'annotations.restore': async ({ item, sequence, to }) => ({
      sequence: await annotations.restore(item, sequence, to),
    }),
    'annotations.resolve': ({ item, keep }) => annotations.resolve(item, keep),
  };
}
