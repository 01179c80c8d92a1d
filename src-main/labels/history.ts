/** What can be undone and done again, from the journal: a list that only grows, in which undoing is an entry too. */
import type { HistoryEntry } from '../contract/annotation.ts';

export interface Stacks {
  /** The strokes that are in force, the newest last: the next to be undone. */
  undo: number[];
  /** Undone strokes, the next to be done again last. A new stroke drops them: they then stay undone. */
  redo: number[];
}

type Entry = Pick<HistoryEntry, 'sequence' | 'of'>;

/**
 * Brings the stacks to where one more entry leaves them.
 * @throws Error where the entry undoes or redoes what is not next: no journal that this program wrote; the stacks stay
 */
export function advance({ undo, redo }: Stacks, { sequence, of }: Entry): void {
  if (of === null) {
    undo.push(sequence);
    redo.length = 0;
  } else if (undo.at(-1) === of) redo.push(undo.pop()!);
  else if (redo.at(-1) === of) undo.push(redo.pop()!);
  else throw new Error(`Entry ${sequence} undoes or redoes entry ${of}, which is not next.`);
}

/** The stacks of a whole journal, in its order. @throws Error as `advance` */
export function stacksOf(entries: Iterable<Entry>): Stacks {
  const stacks: Stacks = { undo: [], redo: [] };
  for (const entry of entries) advance(stacks, entry);
  return stacks;
}
