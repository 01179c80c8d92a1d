import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { resources } from '../../src-main/contract/resources.ts';
import { percent } from '../shared/format.ts';
import type { useItems } from '../state/items.ts';

const WIDTH = 104;

/** The images of the list in its order, worst first where it is sorted so. */
export function Filmstrip(props: {
  items: ReturnType<typeof useItems>;
  current: number | null;
  onOpen: (item: number) => void;
}) {
  const { items, current, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const strip = useVirtualizer({
    count: items.total ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => WIDTH,
    horizontal: true,
    overscan: 6,
  });
  const shown = strip.getVirtualItems();
  const from = shown[0]?.index ?? 0;
  const to = shown.at(-1)?.index ?? 0;
  useEffect(() => items.want(from, to), [items.want, from, to]);
  const index = current === null ? -1 : items.list.indexOf(current);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another image moves the strip, not its own scrolling
  useEffect(() => {
    if (index >= 0) strip.scrollToIndex(index, { align: 'auto' });
  }, [index]);
  return (
    <div
      className="filmstrip"
      ref={scroller}
      role="listbox"
      aria-label="Images"
      aria-orientation="horizontal"
      tabIndex={-1}
      data-testid="filmstrip"
      data-panel
    >
      <div style={{ width: strip.getTotalSize(), position: 'relative', height: '100%' }} role="presentation">
        {shown.map((column) => {
          const item = items.list.at(column.index);
          if (!item) return null;
          return (
            <button
              key={column.key}
              type="button"
              role="option"
              aria-selected={item.id === current}
              className="frame-button plain-button"
              style={{ transform: `translateX(${column.start}px)` }}
              tabIndex={item.id === current || (index < 0 && column.index === 0) ? 0 : -1}
              onClick={() => onOpen(item.id)}
              title={item.key}
              data-testid={`film-${item.key}`}
            >
              <img src={resources.thumbnail(item.id)} alt="" draggable={false} />
              <span className="frame-score">
                {item.score === null ? item.key.slice(item.key.lastIndexOf('/') + 1) : percent(item.score)}
              </span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
