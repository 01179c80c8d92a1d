import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useState } from 'react';
import type { ItemSummary } from '../../src-main/contract/dataset.ts';
import { resources } from '../../src-main/contract/resources.ts';
import { annotate } from '../annotate/open.ts';
import { handle } from '../commands/handlers.ts';
import { percent } from '../shared/format.ts';
import { useSize } from '../shared/size.ts';
import type { useItems } from '../state/items.ts';
import { useBrowse } from './store.ts';

/** Width that a thumbnail should at least have, and the row of text under it, in CSS pixels. */
const CELL = 208;
const CAPTION = 24;
const GAP = 8;

/** Thumbnails of as many images as there are; only those in sight are in the page. */
export function Grid({ items, onOpen }: { items: ReturnType<typeof useItems>; onOpen: (item: number) => void }) {
  const [measure, size, scroller] = useSize<HTMLDivElement>();
  const [focused, setFocused] = useState(0);
  const total = items.total ?? 0;
  const columns = Math.max(1, Math.floor((size.width - GAP) / (CELL + GAP)));
  const width = Math.floor((size.width - GAP) / columns) - GAP;
  const first = items.list.at(0);
  const shape = first ? Math.min(1.2, Math.max(0.5, first.height / first.width)) : 0.75;
  const height = Math.max(60, Math.round(width * shape)) + CAPTION + GAP;
  const rows = useVirtualizer({
    count: Math.ceil(total / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 3,
    paddingStart: GAP,
    enabled: size.width > 0,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are to be measured anew
  useEffect(() => rows.measure(), [height]);
  const shown = rows.getVirtualItems();
  const from = (shown[0]?.index ?? 0) * columns;
  const to = ((shown.at(-1)?.index ?? 0) + 1) * columns - 1;
  useEffect(() => items.want(from, to), [items.want, from, to]);

  useEffect(
    () => handle({ 'item.annotate': () => annotate(items.list.at(focused)?.id ?? null, useBrowse.getState().filter) }),
    [items.list, focused],
  );

  const move = (event: React.KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const target = event.key === 'Home' ? 0 : event.key === 'End' ? total - 1 : focused + (steps[event.key] ?? 0);
    if (target === focused || target < 0 || target >= total) return;
    event.preventDefault();
    setFocused(target);
    rows.scrollToIndex(Math.floor(target / columns));
    // A cell that is not in the page yet comes with the next frame.
    const focus = () => {
      const cell = scroller.current?.querySelector<HTMLElement>(`[data-index="${target}"]`);
      cell?.focus();
      return cell;
    };
    if (!focus()) requestAnimationFrame(focus);
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
    <div
      className="grid scroll fill"
      role="grid"
      tabIndex={-1}
      aria-label="Images"
      aria-rowcount={Math.ceil(total / columns)}
      onKeyDown={move}
      ref={measure}
      data-testid="grid"
      data-panel
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative', flex: '0 0 auto' }} role="presentation">
        {shown.map((row) => (
          // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
          <div
            key={row.key}
            role="row"
            tabIndex={-1}
            aria-rowindex={row.index + 1}
            className="grid-row"
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, ${width}px)` }}
          >
            {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              return (
                <Cell
                  key={index}
                  index={index}
                  item={items.list.at(index)}
                  height={height - GAP}
                  focusable={index === focused}
                  onFocus={setFocused}
                  onOpen={onOpen}
                />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

function Cell(props: {
  index: number;
  item: ItemSummary | undefined;
  height: number;
  focusable: boolean;
  onFocus: (index: number) => void;
  onOpen: (item: number) => void;
}) {
  const { index, item, height, focusable, onFocus, onOpen } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
    <div role="gridcell" tabIndex={-1} style={{ height }}>
      {item && (
        <button
          type="button"
          className="cell plain-button"
          tabIndex={focusable ? 0 : -1}
          data-index={index}
          data-testid={`item-${item.key}`}
          onFocus={() => onFocus(index)}
          onClick={() => onOpen(item.id)}
          title={`${item.key}, ${item.width} × ${item.height}${item.labelled ? '' : ', without labels'}`}
        >
          <img src={resources.thumbnail(item.id)} alt="" decoding="async" draggable={false} />
          <span className="cell-caption">
            <span className="ellipsis grow">{item.key.slice(item.key.lastIndexOf('/') + 1)}</span>
            {item.score !== null && <span>{percent(item.score)}</span>}
            {!item.labelled && <span className="quiet">no labels</span>}
          </span>
        </button>
      )}
    </div>
  );
}
