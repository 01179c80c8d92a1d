import type { HistoryEntry } from '../../src-main/contract/annotation.ts';
import { commandOf } from '../commands/list.ts';

/** A pause after which work on an image counts as another turn, in ms. */
const PAUSE = 30 * 60_000;

/** An entry, and whether what it did is in the label map now. */
export interface HistoryLine {
  entry: HistoryEntry;
  inForce: boolean;
}

/** The entries in turns of work, both newest first; what undid or redid something is told by that, not by a line. */
export function turnsOf(entries: readonly HistoryEntry[]): { from: string; lines: HistoryLine[] }[] {
  const undone = new Set<number>();
  for (const { of } of entries) if (of !== null && !undone.delete(of)) undone.add(of);
  const turns: { from: string; lines: HistoryLine[] }[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    const more = at - last > PAUSE || turns.length === 0;
    last = at;
    if (entry.of !== null) continue;
    if (more) turns.push({ from: entry.at, lines: [] });
    turns[turns.length - 1].lines.unshift({ entry, inForce: !undone.has(entry.sequence) });
  }
  return turns.filter(({ lines }) => lines.length > 0).reverse();
}

/** Entries that are no tool's. */
const OTHERS: Record<string, string> = {
  dilate: 'Widen',
  erode: 'Shrink',
  close: 'Close gaps',
  open: 'Cut thin parts',
  holes: 'Fill holes',
  specks: 'Remove specks',
  largest: 'Keep largest',
  restore: 'Went back',
  source: 'Took the source’s',
  prelabel: 'Pre-label',
};

/** What a line is called: `Brush`, or `Brush, undone`. */
export function toolTitle({ tool }: HistoryEntry, inForce: boolean): string {
  const title = OTHERS[tool] ?? commandOf(`tool.${tool}`)?.title ?? tool;
  return inForce ? title : `${title}, undone`;
}

/** Hours, minutes and seconds of a time stamp, in the user's own zone. */
export function clockOf(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
