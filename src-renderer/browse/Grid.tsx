import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { ItemSummary } from '../../src-main/contract/dataset.ts';
import { annotate } from '../annotate/open.ts';
import { handle } from '../commands/handlers.ts';
import { percent } from '../shared/format.ts';
import { useSize } from '../shared/size.ts';
import { Thumbnail } from '../shared/Thumbnail.tsx';
import type { useItems } from '../state/items.ts';
import { useFastScroll } from './fast-scroll.ts';
import { useBrowse } from './store.ts';

/** Width that a thumbnail should at least have, and the row of text under it, in CSS pixels. */
const CELL = 208;
const CAPTION = 24;
const GAP = 8;
/** The corner of a thumbnail in which a click chooses it. */
const CORNER = 28;

interface Props {
  items: ReturnType<typeof useItems>;
  onOpen: (item: number) => void;
  /** Chooses the images from one position of the list to another. */
  chooseRange: (from: number, to: number) => void;
}

/**
 * Thumbnails of as many images as there are; only those in sight are in the page. Few elements for each: a cell with
 * its picture and its name.
 */
export function Grid({ items, onOpen, chooseRange }: Props) {
  const [measure, size, scroller] = useSize<HTMLDivElement>();
  const [focused, setFocused] = useState(0);
  const { chosen, toggle } = useBrowse();
  const fast = useFastScroll(scroller);
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
    overscan: 2,
    paddingStart: GAP,
    enabled: size.width > 0,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are to be measured anew
  useEffect(() => rows.measure(), [height]);
  // Another list begins at its top. The grid stays in the page meanwhile: nothing flashes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another list is a reason
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setFocused(0);
  }, [items.list]);
  const shown = rows.getVirtualItems();
  const from = (shown[0]?.index ?? 0) * columns;
  const to = ((shown.at(-1)?.index ?? 0) + 1) * columns - 1;
  // What rushes by is not asked for.
  useEffect(() => {
    if (!fast) items.want(from, to);
  }, [items.want, from, to, fast]);

  useEffect(
    () => handle({ 'item.annotate': () => annotate(items.list.at(focused)?.id ?? null, useBrowse.getState().listing) }),
    [items.list, focused],
  );

  const focus = (index: number) => {
    const cell = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    cell?.focus();
    return cell;
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const item = items.list.at(focused);
    if (event.key === 'Enter' && item) {
      onOpen(item.id);
      return;
    }
    if (event.key === ' ') {
      event.preventDefault();
      if (item) toggle(item.id, focused);
      return;
    }
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const target = event.key === 'Home' ? 0 : event.key === 'End' ? total - 1 : focused + (steps[event.key] ?? 0);
    if (target === focused || target < 0 || target >= total) return;
    event.preventDefault();
    setFocused(target);
    if (event.shiftKey) chooseRange(useBrowse.getState().anchor, target);
    else useBrowse.setState({ anchor: target });
    rows.scrollToIndex(Math.floor(target / columns));
    // A cell that is not in the page yet comes with the next frame.
    if (!focus(target)) requestAnimationFrame(() => focus(target));
  };
  // The cells' own listeners would be hundreds: which cell it is stands in it.
  const cellOf = (event: React.SyntheticEvent) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    const index = Number(cell?.dataset.index);
    const item = cell ? items.list.at(index) : undefined;
    return cell && item ? { cell, index, item } : null;
  };
  const onClick = (event: React.MouseEvent) => {
    const at = cellOf(event);
    if (!at) return;
    const { left, top } = at.cell.getBoundingClientRect();
    const inCorner = event.clientX - left < CORNER && event.clientY - top < CORNER;
    if (event.shiftKey) chooseRange(useBrowse.getState().anchor, at.index);
    else if (event.ctrlKey || event.metaKey || inCorner) toggle(at.item.id, at.index);
    else onOpen(at.item.id);
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
    <div
      className="grid scroll fill"
      role="grid"
      tabIndex={-1}
      aria-label="Images"
      aria-description="Enter opens an image, Space chooses it, Shift with arrows or a click chooses a range"
      aria-multiselectable
      aria-rowcount={Math.ceil(total / columns)}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onFocus={(event) => {
        const at = cellOf(event);
        if (at) setFocused(at.index);
      }}
      ref={measure}
      data-choosing={chosen.size > 0 || undefined}
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
            style={{
              transform: `translateY(${row.start}px)`,
              height: height - GAP,
              gridTemplateColumns: `repeat(${columns}, ${width}px)`,
            }}
          >
            {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              const item = items.list.at(index);
              return (
                <Cell
                  key={index}
                  index={index}
                  item={item}
                  fast={fast}
                  chosen={item !== undefined && chosen.has(item.id)}
                  focusable={index === focused}
                />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

/** While rows rush by, a cell is an empty frame: no picture is fetched for it. */
function Cell(props: {
  index: number;
  item: ItemSummary | undefined;
  fast: boolean;
  chosen: boolean;
  focusable: boolean;
}) {
  const { index, item, fast, chosen, focusable } = props;
  // Once a picture has been there it stays.
  const seen = useRef<number | null>(null);
  if (item && !fast) seen.current = item.id;
  if (!item || seen.current !== item.id) {
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
    return <div role="gridcell" tabIndex={focusable ? 0 : -1} data-index={index} className="cell skeleton" />;
  }
  const tags = item.tags.length > 0 ? `\n${item.tags.map((tag) => `# ${tag}`).join('  ')}` : '';
  const state = item.changed ? ', labels changed' : item.labelled ? '' : ', without labels';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be virtual
    <div
      role="gridcell"
      className="cell"
      tabIndex={focusable ? 0 : -1}
      aria-selected={chosen}
      aria-label={item.key}
      data-index={index}
      data-testid={`item-${item.key}`}
      title={`${item.key}, ${item.width} × ${item.height}${state}${tags}`}
    >
      <Thumbnail item={item.id} labelled={item.labelled} />
      <span className="cell-name">{item.key.slice(item.key.lastIndexOf('/') + 1)}</span>
      <Figure item={item} />
    </div>
  );
}

/** What stands at the end of the caption, where there is something to say. */
function Figure({ item }: { item: ItemSummary }) {
  if (item.score !== null) return <span className="cell-figure">{percent(item.score)}</span>;
  if (!item.labelled) return <span className="cell-figure quiet">no labels</span>;
  return item.tags.length > 0 ? <span className="cell-figure quiet"># {item.tags.join(' # ')}</span> : null;
}
