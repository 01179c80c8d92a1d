import { useCallback, useEffect, useRef, useState } from 'react';
import type { HistoryEntry } from '../../src-main/contract/annotation.ts';
import { resources } from '../../src-main/contract/resources.ts';
import { newDocument } from '../../src-main/labels/document.ts';
import { applyPatch } from '../../src-main/labels/patch.ts';
import type { InstancePlane, Plane } from '../canvas/planes.ts';
import { loadBytes } from '../canvas/sources.ts';
import { ask } from '../host.ts';
import { attempt } from '../state/actions.ts';
import type { LabelSession } from './session.ts';
import { allSaved, changeJournal } from './sessions.ts';

/**
 * Looking back in the history of an image.
 * @param reopen opens the image anew, after it went back
 */
export function usePast(session: LabelSession | null, reopen: () => void) {
  const [past, setPast] = useState<{ entry: number; plane: Plane } | null>(null);
  const [changed, setChanged] = useState<InstancePlane | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another image nothing is looked at yet
  useEffect(() => {
    setPast(null);
    setChanged(null);
  }, [session]);

  const look = useCallback(
    (entry: number | null) => {
      if (entry === null || !session) return setPast(null);
      void attempt(async () => {
        await allSaved();
        const { width, height, bytes } = await loadBytes(resources.annotation(session.item, entry));
        setPast({ entry, plane: { width, height, data: bytes.subarray(0, width * height) } });
      });
    },
    [session],
  );

  const wish = useRef(0);
  /** Outlines the pixels that an entry changed; the newest wish counts. */
  const point = useCallback(
    (entry: HistoryEntry | null) => {
      const turn = ++wish.current;
      if (!entry || !session) return setChanged(null);
      const { width, height } = session.document;
      void ask('annotations.entry', { item: session.item, entry: entry.sequence }).then(
        ({ patch }) => {
          if (turn !== wish.current) return;
          const blank = newDocument(width, height, new Uint8Array(width * height));
          if (patch !== '') applyPatch(blank, Uint8Array.fromBase64(patch));
          setChanged({ width, height, data: Uint16Array.from(blank.classes, (value) => (value === 0 ? 0 : 1)) });
        },
        () => turn === wish.current && setChanged(null),
      );
    },
    [session],
  );

  const goBack = useCallback(
    (to: number) => {
      void attempt(async () => {
        if (!session) return;
        const { item, sequence } = session;
        await changeJournal(session, () => ask('annotations.restore', { item, sequence, to })).finally(reopen);
      });
    },
    [session, reopen],
  );
  return { past, changed, look, point, goBack };
}
