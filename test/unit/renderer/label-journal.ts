import type { AnnotationState, HistoryEntry, LabelEditRecord } from '../../../src-main/contract/annotation.ts';
import { applyShapeChanges, type LabelDocument, newDocument } from '../../../src-main/labels/document.ts';
import { stacksOf } from '../../../src-main/labels/history.ts';
import { applyPatch } from '../../../src-main/labels/patch.ts';
import { type Journal, LabelSession } from '../../../src-renderer/annotate/session.ts';

/** A journal in memory with the host's rules, which plays its entries by itself. */
export class MemoryJournal implements Journal {
  readonly entries: (HistoryEntry & { edit: LabelEditRecord })[] = [];
  /** What to throw at the next requests, in turn; `after`: once the entry was added. */
  readonly failures: { after: boolean; message: string }[] = [];

  async save(_: number, sequence: number, edit: LabelEditRecord): Promise<void> {
    this.#add(sequence, edit.tool, null, edit);
  }

  async undo(_: number, sequence: number, of: number, redo: boolean): Promise<void> {
    const stacks = stacksOf(this.entries);
    if ((redo ? stacks.redo : stacks.undo).at(-1) !== of) throw new Error(`Entry ${of} is not next.`);
    const { edit } = this.entries[of - 1];
    this.#add(sequence, edit.tool, of, edit);
  }

  async entry(_: number, entry: number): Promise<LabelEditRecord> {
    const known = this.entries[entry - 1];
    if (!known) throw new Error(`There is no entry ${entry}.`);
    return known.edit;
  }

  async history(): Promise<HistoryEntry[]> {
    return this.entries;
  }

  /** The document that all entries lead to from an empty one. */
  play(width: number, height: number): LabelDocument {
    const document = newDocument(width, height);
    const done = new Set<number>();
    for (const { sequence, of, edit } of this.entries) {
      if (edit.patch !== '') applyPatch(document, Uint8Array.fromBase64(edit.patch));
      const back = of !== null && done.has(of);
      if (of === null) done.add(sequence);
      else if (!done.delete(of)) done.add(of);
      applyShapeChanges(document, edit.shapes, back);
    }
    return document;
  }

  #add(sequence: number, tool: string, of: number | null, edit: LabelEditRecord): void {
    const failure = this.failures.shift();
    if (failure && !failure.after) throw new Error(failure.message);
    if (sequence !== this.entries.length) throw new Error('Another entry was added meanwhile.');
    this.entries.push({ sequence: sequence + 1, at: '', tool, of, pixels: 0, edit });
    if (failure) throw new Error(failure.message);
  }
}

/** A session on an empty label map whose journal is in memory. */
export function newSession(
  width: number,
  height: number,
  journal = new MemoryJournal(),
  change?: Partial<AnnotationState>,
) {
  const none = { item: 1, width, height, sequence: 0, shapes: [], undo: [], redo: [], conflict: null };
  const state: AnnotationState = { ...none, rule: 'area', ...change };
  return { journal, session: new LabelSession(state, newDocument(width, height), journal) };
}
