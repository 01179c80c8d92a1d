import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Refusal } from '../../src-main/contract/window.ts';
import { loadImage } from '../canvas/sources.ts';
import { asRefusal } from '../refused.ts';
import type { ItemPages } from '../state/item-pages.ts';
import type { LabelSession } from './session.ts';
import { openedLabels, openLabels } from './sessions.ts';

interface Open {
  item: number;
  image: ImageBitmap | null;
  session: LabelSession | null;
  error: Refusal | null;
}

/**
 * The picture and the label map of an item, shown together; those of the last item stay in sight until both are there.
 * @param turn another number opens it anew
 */
export function useSession(item: number | null, turn: number): Open | null {
  const [shown, setShown] = useState<Open | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks for it again
  useEffect(() => {
    if (item === null) return setShown(null);
    let wanted = true;
    // Opened anew: what was there is outdated, and nothing may be drawn on it.
    setShown((known) => (known?.item === item ? { ...known, session: null } : known));
    const show = (open: Open) => wanted && setShown(open);
    Promise.all([loadImage(item), openedLabels(item) ?? openLabels(item)]).then(
      ([image, session]) => show({ item, image, session, error: null }),
      (error) => show({ item, image: null, session: null, error: asRefusal(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [item, turn]);
  return shown;
}

/** Fetches what the next steps in the list will show, two to either side; answers the pictures that are there. */
export function useAhead(list: ItemPages, item: number | null, ready: boolean): readonly ImageBitmap[] {
  const [pictures, setPictures] = useState<readonly ImageBitmap[]>([]);
  useEffect(() => {
    const index = item === null || !ready ? -1 : list.indexOf(item);
    if (index < 0) return;
    let wanted = true;
    const near = [1, -1, 2, -2].map((step) => list.at(index + step)).filter((one) => one !== undefined);
    // What fails is asked for again when it is needed.
    void Promise.allSettled(near.map(({ id }) => loadImage(id))).then((loaded) => {
      if (wanted) setPictures(loaded.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    });
    for (const { id } of near) void openLabels(id).catch(() => {});
    return () => {
      wanted = false;
    };
  }, [list, item, ready]);
  return pictures;
}

/** What nobody's listeners are given to. */
export const nothing = () => () => {};

/** Renders again when the document has changed; answers its version. */
export function useVersion(session: LabelSession | null): number {
  return useSyncExternalStore(session?.subscribe ?? nothing, () => session?.version ?? 0);
}

/** Whether the document has instances with outlines. */
export function useShaped(session: LabelSession | null): boolean {
  return useSyncExternalStore(session?.subscribe ?? nothing, () => (session?.document.shapes.size ?? 0) > 0);
}
