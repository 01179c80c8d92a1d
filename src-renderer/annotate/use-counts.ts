import { useEffect, useState } from 'react';
import type { LabelSession } from './session.ts';

/** Pixels of each class of a label map; 256 entries. */
export function countClasses(classes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < classes.length; i++) counts[classes[i]]++;
  return counts;
}

/** How many pixels each class has in the document, without the ignored; counted again a moment after each stroke. */
export function useCounts(session: LabelSession | null, version: number): Uint32Array | null {
  const [counts, setCounts] = useState<Uint32Array | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the document has changed
  useEffect(() => {
    if (!session) return setCounts(null);
    const timer = setTimeout(() => setCounts(countClasses(session.document.classes).fill(0, 255)), 150);
    return () => clearTimeout(timer);
  }, [session, version]);
  return counts;
}
