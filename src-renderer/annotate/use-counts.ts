import { useEffect, useState } from 'react';
import type { LabelSession } from './session.ts';

/** Pixels of each class of a label map; 256 entries. */
export function countClasses(classes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < classes.length; i++) counts[classes[i]]++;
  return counts;
}

/** How many pixels each class has in the document, without the ignored; counted again a moment after each stroke. */
export function useCounts(session: LabelSession | null): Uint32Array | null {
  const [counts, setCounts] = useState<Uint32Array | null>(null);
  useEffect(() => {
    if (!session) return setCounts(null);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let version = -1;
    const look = () => {
      if (session.version === version) return;
      version = session.version;
      clearTimeout(timer);
      timer = setTimeout(() => setCounts(countClasses(session.document.classes).fill(0, 255)), 150);
    };
    look();
    const end = session.subscribe(look);
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [session]);
  return counts;
}
