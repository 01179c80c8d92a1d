import { useMemo } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { type EmbeddingSummary, projectionResources } from '../../src-main/contract/embedding.ts';
import { useBrowse } from '../browse/store.ts';
import { loadBytes } from '../canvas/sources.ts';
import { useLoaded } from '../canvas/use-picture.ts';
import { ALL } from '../state/item-pages.ts';
import { useAsk } from '../state/queries.ts';
import { colourPoints } from './colours.ts';
import { CHOSEN, DIM, PLAIN } from './paint.ts';
import { readPoints } from './points.ts';
import { useMap } from './store.ts';

async function loadArray(url: string): Promise<ArrayBuffer> {
  return (await loadBytes(url)).bytes.buffer as ArrayBuffer;
}

/** The items of the filter that is set, by number; null: all. */
export function useFiltered(dataset: number): ReadonlySet<number> | null {
  const { filter } = useBrowse((state) => state.listing);
  const all = JSON.stringify(filter) === JSON.stringify(ALL);
  const ids = useAsk('items.ids', all ? null : { dataset, ...filter }, { keep: true }).data;
  return useMemo(() => (all || !ids ? null : new Set(ids)), [all, ids]);
}

/** A map's points with their colours and marks, kept up to date. */
export function useMapPoints(dataset: DatasetSummary, embedding: EmbeddingSummary) {
  const { method, colour } = useMap();
  const chosen = useBrowse((state) => state.chosen);
  const filtered = useFiltered(dataset.id);
  const made = embedding.projections.find((one) => one.method === method);
  // What changes what the addresses answer: another map, and what the items are coloured by.
  const tags = useAsk('tags.list', { dataset: dataset.id }, { keep: true }).data;
  const key = made ? `${embedding.id} ${method} ${made.at}` : null;
  const loaded = useLoaded(key, async () =>
    readPoints(await loadArray(projectionResources.points(embedding.id, method))),
  );
  const points = loaded.value;
  const coloured = useLoaded(
    key && `${key} ${JSON.stringify(colour)} ${dataset.hash} ${colour.kind === 'tag' ? JSON.stringify(tags) : ''}`,
    async () => new Float32Array(await loadArray(projectionResources.colours(embedding.id, method, colour))),
  );
  const look = useMemo(() => {
    if (!points) return null;
    const values = coloured.value?.length === points.items.length ? coloured.value : null;
    return colourPoints(colour, values, points.items.length, dataset);
  }, [points, coloured.value, colour, dataset]);
  const marks = useMemo(() => {
    const markOf = (item: number) => (chosen.has(item) ? CHOSEN : filtered && !filtered.has(item) ? DIM : PLAIN);
    return points && Uint8Array.from(points.items, markOf);
  }, [points, chosen, filtered]);
  return { made, points, look, marks, error: loaded.error ?? coloured.error };
}
