import type {
  AnnotationState,
  HistoryEntry,
  LabelEditRecord,
  ShapeChange,
  SourceConflict,
} from '../../src-main/contract/annotation.ts';
import { applyShapeChanges, type LabelDocument, type Rect } from '../../src-main/labels/document.ts';
import { advance, type Stacks } from '../../src-main/labels/history.ts';
import { applyDifference, inflatePatch, recount } from '../../src-main/labels/patch.ts';
import { Stroke } from '../../src-main/labels/stroke.ts';
import { type InstancePlane, type Plane, touch } from '../canvas/planes.ts';
import { SaveQueue } from './save-queue.ts';

/** What keeps the journal of entries. */
export interface Journal {
  save(item: number, sequence: number, edit: LabelEditRecord): Promise<void>;
  undo(item: number, sequence: number, of: number, redo: boolean): Promise<void>;
  entry(item: number, entry: number): Promise<LabelEditRecord>;
  history(item: number): Promise<HistoryEntry[]>;
}

/** Pixels of each class of a label map; 256 entries. */
function countClasses(classes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < classes.length; i++) counts[classes[i]]++;
  return counts;
}

/** Bytes of differences that are held for undoing; older strokes are fetched. */
const HELD = 96_000_000;

/** What a stroke changed. */
interface Change {
  difference: Uint8Array<ArrayBuffer> | null;
  shapes: ShapeChange[];
}

/** A difference as the patch that is saved: base64, deflated beside the main thread. */
async function pack(difference: Uint8Array<ArrayBuffer> | null): Promise<string> {
  if (!difference) return '';
  const stream = new Blob([difference]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer()).toBase64();
}

/**
 * The label map of one image while it is edited. The document is changed at once; what was done is numbered as the host
 * will number it, and saved behind it in that order.
 */
export class LabelSession {
  readonly item: number;
  readonly document: LabelDocument;
  /** The document's planes as the canvas draws them. */
  readonly labels: Plane;
  readonly instances: InstancePlane;
  readonly conflict: SourceConflict | null;
  readonly #queue: SaveQueue;
  readonly #journal: Journal;
  readonly #changes = new Map<number, Change>();
  #held = 0;
  readonly #watchers = new Set<(atOnce: boolean) => void>();
  readonly #listeners = new Set<() => void>();
  #sequence: number;
  readonly #stacks: Stacks;
  #busy = false;
  #version = 0;
  #counts: Uint32Array | null = null;
  /** What was changed last, while it is not in the counts. */
  #uncounted: Uint8Array | null = null;

  constructor(state: AnnotationState, document: LabelDocument, journal: Journal) {
    this.item = state.item;
    this.document = document;
    this.conflict = state.conflict;
    this.#sequence = state.sequence;
    this.#stacks = { undo: [...state.undo], redo: [...state.redo] };
    this.#journal = journal;
    this.#queue = new SaveQueue(() => this.#tell());
    const { width, height, classes, instances } = document;
    this.labels = { width, height, data: classes };
    this.instances = { width, height, data: instances };
  }

  get save() {
    return this.#queue.state;
  }

  /** Counts the changes of the document and of what can be undone. */
  get version(): number {
    return this.#version;
  }

  /** The last entry of the journal, as it will be once all is saved. */
  get sequence(): number {
    return this.#sequence;
  }

  get canUndo(): boolean {
    return this.#stacks.undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#stacks.redo.length > 0;
  }

  /**
   * The pixels of each class, 256 entries: counted once, then brought up to date with what was changed since it was
   * asked for. Not to be asked for while a stroke writes.
   */
  get counts(): Uint32Array {
    if (!this.#counts) this.#counts = countClasses(this.document.classes);
    else if (this.#uncounted) recount(this.document, this.#uncounted, this.#counts);
    this.#uncounted = null;
    return this.#counts;
  }

  /**
   * Calls back when pixels were written, many times in a stroke; with `atOnce` where that was all. Answers what ends it.
   */
  readonly onPixels = (watcher: (atOnce: boolean) => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Calls back when the version or the save state has changed. Answers what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A stroke on the document; nobody else may write to it until the stroke is committed or cancelled. */
  begin(locked: ReadonlySet<number>): Stroke {
    // Once it writes, they could not be counted any more.
    void this.counts;
    return new Stroke(this.document, locked);
  }

  /** Brings on the screen what a stroke has written since the last time. */
  show(stroke: Stroke): void {
    this.#drawn(stroke.takeDirty());
  }

  /** Ends a stroke and has it saved. @returns false where it changed nothing */
  commit(stroke: Stroke, tool: string): boolean {
    this.show(stroke);
    const change = stroke.difference();
    if (!change) return false;
    const sequence = ++this.#sequence;
    advance(this.#stacks, { sequence, of: null });
    this.#hold(sequence, change);
    const { difference, shapes } = change;
    this.#uncounted = difference;
    this.#queue.push(async (again) => {
      if (again && (await this.#arrived(sequence, null))) return;
      await this.#journal.save(this.item, sequence - 1, { tool, patch: await pack(difference), shapes });
    });
    this.#changed();
    return true;
  }

  /** Takes a stroke back that was given up in the middle. */
  cancel(stroke: Stroke): void {
    stroke.cancel();
    this.show(stroke);
  }

  /** Undoes the last stroke, or with `redo` does the last undone one again. @returns whether there was one */
  async step(redo: boolean): Promise<boolean> {
    const of = (redo ? this.#stacks.redo : this.#stacks.undo).at(-1);
    if (of === undefined || this.#busy) return false;
    this.#busy = true;
    try {
      const { difference, shapes } = this.#changes.get(of) ?? (await this.#fetch(of));
      void this.counts;
      if (difference) this.#drawn(applyDifference(this.document, difference).dirty, true);
      this.#uncounted = difference;
      applyShapeChanges(this.document, shapes, !redo);
    } finally {
      this.#busy = false;
    }
    const sequence = ++this.#sequence;
    advance(this.#stacks, { sequence, of });
    this.#queue.push(async (again) => {
      if (again && (await this.#arrived(sequence, of))) return;
      await this.#journal.undo(this.item, sequence - 1, of, redo);
    });
    this.#changed();
    return true;
  }

  /** Whether the document must not be written to: an old entry is on its way, to be undone, or it was given up. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Tries to save again what could not be saved. */
  retry(): void {
    this.#queue.retry();
  }

  /** Gives up what is not saved; nothing more can be done to the document. */
  abandon(): void {
    this.#busy = true;
    this.#queue.drop();
  }

  async #fetch(entry: number): Promise<Change> {
    const { patch, shapes } = await this.#journal.entry(this.item, entry);
    const difference = patch === '' ? null : inflatePatch(this.document, Uint8Array.fromBase64(patch)).slice();
    const change = { difference, shapes };
    this.#hold(entry, change);
    return change;
  }

  /** Whether an entry is in the journal already: only the answer to saving it was lost on the way. */
  async #arrived(sequence: number, of: number | null): Promise<boolean> {
    const known = await this.#journal.history(this.item);
    return known.some((entry) => entry.sequence === sequence && entry.of === of);
  }

  #hold(entry: number, change: Change): void {
    this.#changes.set(entry, change);
    this.#held += change.difference?.length ?? 0;
    for (const [old, { difference }] of this.#changes) {
      if (this.#held <= HELD || old === entry) break;
      this.#changes.delete(old);
      this.#held -= difference?.length ?? 0;
    }
  }

  #drawn(dirty: Rect | null, atOnce = false): void {
    if (!dirty) return;
    touch(this.labels, dirty);
    touch(this.instances, dirty);
    for (const watcher of this.#watchers) watcher(atOnce);
  }

  #changed(): void {
    this.#version++;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
