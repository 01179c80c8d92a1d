import { useEffect, useMemo, useState } from 'react';
import { IGNORE } from '../../src-main/contract/dataset.ts';
import { resources } from '../../src-main/contract/resources.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import type { LabelDocument } from '../../src-main/labels/document.ts';
import { unpackPlanes } from '../../src-main/labels/planes.ts';
import type { InstancePlane, Plane } from '../canvas/planes.ts';
import { loadBytes } from '../canvas/sources.ts';
import { asRefusal } from '../refused.ts';
import type { LabelSession } from './session.ts';
import { useVersion } from './use-session.ts';

type Labels = Pick<LabelDocument, 'width' | 'height' | 'classes' | 'instances'>;

/** Where two label maps of the same size hold another class or instance: 1 there, 0 elsewhere, and how often. */
export function differingPixels(one: Labels, other: Labels): { plane: InstancePlane; count: number } {
  const { width, height } = one;
  const data = new Uint16Array(width * height);
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (one.classes[i] === other.classes[i] && one.instances[i] === other.instances[i]) continue;
    data[i] = 1;
    count++;
  }
  return { plane: { width, height, data }, count };
}

/** What is shown while a source that has changed waits for the user's word. */
export type Shown = 'mine' | 'both' | 'differing';

/** A changed source beside the label map that was edited: what both hold, and where they differ. */
export interface Theirs {
  mine: Plane;
  labels: Plane;
  differing: InstancePlane;
  count: number;
}

/** A label map without the pixels in which two do not differ. */
export function whereDiffering({ width, height, data }: Plane, differing: InstancePlane): Plane {
  return { width, height, data: data.map((label, i) => (differing.data[i] === 1 ? label : IGNORE)) };
}

/** The source of a label map whose file has changed since; null until it is there, and where there is no such conflict. */
export function useTheirs(session: LabelSession | null): { theirs: Theirs | null; error: Refusal | null } {
  const [source, setSource] = useState<{ of: LabelSession; document: LabelDocument } | null>(null);
  const [error, setError] = useState<Refusal | null>(null);
  const changed = session?.conflict?.kind === 'changed' ? session : null;
  const version = useVersion(changed);
  useEffect(() => {
    setError(null);
    if (!changed) return setSource(null);
    let wanted = true;
    loadBytes(resources.source(changed.item)).then(
      ({ width, height, bytes }) => {
        if (wanted) setSource({ of: changed, document: unpackPlanes(width, height, bytes) });
      },
      (failed) => wanted && setError(asRefusal(failed)),
    );
    return () => {
      wanted = false;
    };
  }, [changed]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the document has changed
  const theirs = useMemo(() => {
    if (!source || source.of !== changed) return null;
    const { width, height, classes } = source.document;
    const { plane, count } = differingPixels(source.of.document, source.document);
    return { mine: source.of.labels, labels: { width, height, data: classes }, differing: plane, count };
  }, [source, changed, version]);
  return { theirs, error };
}
