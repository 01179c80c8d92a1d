import { resources } from '../../src-main/contract/resources.ts';
import { unpackPlanes } from '../../src-main/labels/planes.ts';
import { loadBytes } from '../canvas/sources.ts';
import { ask } from '../host.ts';
import type { SaveState } from './save-queue.ts';
import { type Journal, LabelSession } from './session.ts';

/** Images whose label maps stay open: the one that is edited, two to either side of it, and some that were left. */
const MOST = 8;

const journal: Journal = {
  save: async (item, sequence, edit) => {
    await ask('annotations.save', { item, sequence, edit });
  },
  undo: async (item, sequence, of, redo) => {
    await ask('annotations.undo', { item, sequence, of, redo });
  },
  entry: (item, entry) => ask('annotations.entry', { item, entry }),
  history: (item) => ask('annotations.history', { item }),
};

interface Entry {
  opening: Promise<LabelSession>;
  session: LabelSession | null;
  /** News came that the label map has changed: by us, or by something else. */
  stale: boolean;
}

const opened = new Map<number, Entry>();
const listeners = new Set<() => void>();

async function open(item: number): Promise<LabelSession> {
  const [state, { bytes, width, height }] = await Promise.all([
    ask('annotations.open', { item }),
    loadBytes(resources.annotation(item)),
  ]);
  const document = unpackPlanes(width, height, bytes, state.rule);
  for (const shape of state.shapes) document.shapes.set(shape.id, shape);
  const session = new LabelSession(state, document, journal);
  session.subscribe(() => {
    for (const listener of listeners) listener();
  });
  return session;
}

/** The session as it is, where the journal has no entry that it does not know; else a new one. */
async function renew(session: LabelSession): Promise<LabelSession> {
  const state = await ask('annotations.open', { item: session.item });
  return state.sequence === session.sequence ? session : open(session.item);
}

/** The label map of an item, opened for editing; one that was opened lately, or fetched ahead, is there at once. */
export function openLabels(item: number): Promise<LabelSession> {
  let entry = opened.get(item);
  opened.delete(item);
  if (!entry || (entry.stale && entry.session?.save.kind === 'saved')) {
    const opening = entry?.session ? renew(entry.session) : open(item);
    const made: Entry = { opening, session: null, stale: false };
    entry = made;
    opening.then(
      (session) => {
        made.session = session;
      },
      () => opened.get(item) === made && opened.delete(item),
    );
  }
  opened.set(item, entry);
  for (const [old, { session }] of opened) {
    if (opened.size <= MOST) break;
    // What is not saved stays, however many images the user has gone on since.
    if (session && session.save.kind === 'saved' && old !== item) opened.delete(old);
  }
  return entry.opening;
}

/** A label map that is open already; null where it would have to be waited for. */
export function openedLabels(item: number): LabelSession | null {
  const entry = opened.get(item);
  return entry && !entry.stale ? entry.session : null;
}

/** Notes that label maps have changed, perhaps not by us: they are looked at again when they are asked for. */
export function labelsChanged(items: Iterable<number> = opened.keys()): void {
  for (const item of items) {
    const entry = opened.get(item);
    if (entry) entry.stale = true;
  }
}

/**
 * Has the host change the journal of a label map that is open here; it must be opened anew then.
 * @throws what the request throws, or where strokes cannot be saved first
 */
export async function changeJournal(session: LabelSession, request: () => Promise<unknown>): Promise<void> {
  if (!(await allSaved())) throw new Error('Some strokes are not saved yet; the line below the image says why.');
  session.abandon();
  try {
    await request();
  } finally {
    opened.delete(session.item);
  }
}

/** Whether everything that was drawn, in all images, is on disk; with a failure also in which image. */
export function saveStateOfAll(): SaveState & { item?: number } {
  let waiting = 0;
  for (const { session } of opened.values()) {
    if (!session || session.save.kind === 'saved') continue;
    if (session.save.kind === 'failed') return { ...session.save, item: session.item };
    waiting += session.save.waiting;
  }
  return waiting === 0 ? { kind: 'saved' } : { kind: 'saving', waiting };
}

/** Calls back when the save state of any image, or its document, has changed. Answers what ends it. */
export function onSaveState(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tries again all that could not be saved. */
export function retrySaving(): void {
  for (const { session } of opened.values()) session?.retry();
}

/** Resolves when all is saved; at once with false where something could not be. */
export function allSaved(): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      const { kind } = saveStateOfAll();
      if (kind === 'saving') return;
      listeners.delete(look);
      resolve(kind === 'saved');
    };
    listeners.add(look);
    look();
  });
}

/** Forgets all label maps: another project has other items under the same numbers. */
export function forgetLabels(): void {
  for (const { session } of opened.values()) session?.abandon();
  opened.clear();
}
