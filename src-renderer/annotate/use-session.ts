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
    setPictures([]);
    for (const step of [1, -1, 2, -2]) {
      const near = list.at(index + step);
      if (!near) continue;
      // What fails is asked for again when it is needed.
      loadImage(near.id).then(
        (picture) => wanted && setPictures((known) => [...known, picture]),
        () => {},
      );
      void openLabels(near.id).catch(() => {});
    }
    return () => {
      wanted = false;
    };
  }, [list, item, ready]);
  return pictures;
}

const nothing = () => () => {};

/** Renders again when the document has changed; answers its version. */
export function useVersion(session: LabelSession | null): number {
  return useSyncExternalStore(session?.subscribe ?? nothing, () => session?.version ?? 0);
}
