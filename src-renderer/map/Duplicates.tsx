import { Button, Slider } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useState } from 'react';
import { type DuplicateGroup, type EmbeddingSummary, LEAST_SIMILARITY } from '../../src-main/contract/embedding.ts';
import { useBrowse } from '../browse/store.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { percent, whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useSize } from '../shared/size.ts';
import { Thumbnail } from '../shared/Thumbnail.tsx';
import { useAsk } from '../state/queries.ts';
import { useMap } from './store.ts';
import { useFiltered } from './use-map.ts';

/** A thumbnail with its caption, the group's own line, and what lies between. CSS pixels. */
const THUMB = { width: 128, height: 120 };
const HEAD = 36;
const GAP = 8;
const MOST = 0.999;

/** From which similarity on images count as nearly the same. */
export function SimilaritySlider() {
  const { similarity, set } = useMap();
  const [shown, setShown] = useState(similarity);
  return (
    <div className="row map-slider">
      <span className="quiet">Similarity from</span>
      <Slider
        className="grow"
        aria-label="Similarity from which on images are nearly the same"
        min={LEAST_SIMILARITY}
        max={MOST}
        step={0.001}
        label={null}
        value={shown}
        onChange={setShown}
        onChangeEnd={(value) => set({ similarity: value })}
        data-testid="duplicates-similarity"
      />
      <span className="number map-slider-value">{percent(shown, 1)}</span>
    </div>
  );
}

/** Images that are nearly the same, group by group; the likest first. */
export function Duplicates({ dataset, embedding }: { dataset: number; embedding: EmbeddingSummary }) {
  const similarity = useMap((state) => state.similarity);
  const { data, error, reload, loading } = useAsk(
    'embeddings.duplicates',
    { embedding: embedding.id, similarity },
    { keep: true },
  );
  const filtered = useFiltered(dataset);
  if (error) return <RefusalBox refusal={error} retry={reload} />;
  if (!data) return <Waiting text={`Comparing ${whole(embedding.items)} images with each other`} />;
  const groups = filtered
    ? data.groups.filter(({ items }) => items.some(({ item }) => filtered.has(item)))
    : data.groups;
  if (groups.length === 0) {
    return (
      <Empty
        title={data.total === 0 ? 'No images are this much alike' : 'No group has an image that fits the filter'}
        text={data.total === 0 ? 'A lower similarity finds more.' : undefined}
      />
    );
  }
  const { total, images, exact } = data;
  return (
    <>
      <div className="map-line quiet" role="status" data-testid="duplicates-count">
        {whole(images)} images in {whole(total)} {total === 1 ? 'group' : 'groups'}
        {data.groups.length < total && `, of which the likest ${whole(data.groups.length)} are listed`}
        {filtered && `; ${whole(groups.length)} have an image that fits the filter`}
        {!exact && ' · found with an index, which may miss some'}
        {loading && ' · comparing again'}
      </div>
      <Groups groups={groups} />
    </>
  );
}

function Groups({ groups }: { groups: DuplicateGroup[] }) {
  const [measure, size, scroller] = useSize<HTMLDivElement>();
  const columns = Math.max(1, Math.floor((size.width - 2 * GAP) / (THUMB.width + GAP)));
  const heights = groups.map(({ items }) => HEAD + Math.ceil(items.length / columns) * (THUMB.height + GAP) + GAP);
  const rows = useVirtualizer({
    count: groups.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[index],
    getItemKey: (index) => `${groups[index].items[0].item} ${columns}`,
    overscan: 2,
    enabled: size.width > 0,
  });
  return (
    <div className="scroll fill" ref={measure} data-panel data-testid="duplicates">
      <div style={{ height: rows.getTotalSize(), position: 'relative', flex: '0 0 auto' }}>
        {rows.getVirtualItems().map((row) => (
          <div
            key={row.key}
            className="map-group"
            style={{ transform: `translateY(${row.start}px)`, height: row.size }}
          >
            <Group group={groups[row.index]} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Group({ group: { items, total } }: { group: DuplicateGroup }) {
  const { chosen, choose, open } = useBrowse();
  const ids = items.map(({ item }) => item);
  const add = (some: number[]) => choose([...chosen, ...some]);
  return (
    <section aria-label={`${total} images that are nearly the same`} data-testid="duplicate-group">
      <div className="row map-group-head">
        <span>
          {whole(total)} images
          {total > items.length && <span className="quiet">, the likest {items.length} are shown</span>}
        </span>
        <span className="quiet">up to {percent(items[0].similarity, 1)} alike</span>
        <Button variant="subtle" onClick={() => add(ids)} data-testid="duplicates-choose">
          Choose all
        </Button>
        <Button
          variant="subtle"
          title="To tag what could go"
          onClick={() => add(ids.slice(1))}
          data-testid="duplicates-choose-rest"
        >
          Choose all but the first
        </Button>
      </div>
      <div className="map-thumbs">
        {items.map(({ item, key, labelled, similarity }) => (
          <button
            key={item}
            type="button"
            className="plain-button map-thumb"
            aria-pressed={chosen.has(item)}
            title={`${key}: ${percent(similarity, 2)} like another one of the group`}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) useBrowse.getState().toggle(item, 0);
              else open(item);
            }}
          >
            <Thumbnail item={item} labelled={labelled} />
            <span className="row">
              <span className="ellipsis grow">{key.slice(key.lastIndexOf('/') + 1)}</span>
              <span className="quiet">{percent(similarity, 1)}</span>
            </span>
          </button>
        ))}
      </div>
    </section>
  );
}
