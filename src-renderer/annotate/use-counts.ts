import { useEffect, useState } from 'react';
import type { LabelSession } from './session.ts';

/** How long nothing must be drawn until new figures are shown, in ms: nobody reads them while they change. */
const REST = 150;

/** How many pixels each class has in the document, without the ignored; shown anew a moment after each stroke. */
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
      timer = setTimeout(() => setCounts(session.counts.slice().fill(0, 255)), REST);
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
