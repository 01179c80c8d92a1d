import { ActionIcon, Tooltip, useComputedColorScheme } from '@mantine/core';
import { IconHandStop, IconLasso, IconMaximize, IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { resources } from '../../src-main/contract/resources.ts';
import { type Point, pan, resolve, toImage, toPane, type Viewport, zoomAt } from '../canvas/viewport.ts';
import { useSize } from '../shared/size.ts';
import { useAsk } from '../state/queries.ts';
import { paintPoints, pixel } from './paint.ts';
import { itemsInside, nearestPoint, type Points, SIDE } from './points.ts';
import { useMap } from './store.ts';

const SQUARE = { width: SIDE, height: SIDE };
/** How near the pointer has to come to a point, and how far it goes before a press is a drag, in CSS pixels. */
const REACH = 12;
const DRAG = 4;
const STEP = 60;
const GROUNDS = {
  light: { ground: pixel([255, 255, 255]), dim: pixel([225, 225, 225]), ring: pixel([20, 20, 20]) },
  dark: { ground: pixel([30, 30, 30]), dim: pixel([58, 58, 58]), ring: pixel([255, 255, 255]) },
};

/** The fewer the points, the larger each is. CSS pixels. */
const radiusFor = (count: number) => (count <= 2000 ? 4 : count <= 20_000 ? 2.5 : 1.5);

interface Props {
  points: Points;
  colours: Uint32Array;
  marks: Uint8Array;
  /** `more`: to those that are chosen already. */
  onChoose(items: number[], more: boolean): void;
  onOpen(item: number): void;
}

/** A press of the pointer that goes on: a click until it has gone far enough. */
interface Drag {
  from: Point;
  last: Point;
  /** Whether it moves the map; else it draws a lasso. */
  moves: boolean;
  /** Whether what it chooses is added. */
  more: boolean;
  path: Point[] | null;
}

/** Points to look at: wheel to zoom, drag to draw a lasso, a click to open what is under the pointer. */
export function Scatter({ points, colours, marks, onChoose, onOpen }: Props) {
  const { view: wanted, tool, set } = useMap();
  const [measure, pane, box] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const image = useRef<ImageData | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const [lasso, setLasso] = useState<Point[] | null>(null);
  const drag = useRef<Drag | null>(null);
  const scheme = useComputedColorScheme('light');
  const view = resolve(wanted, SQUARE, pane);
  const show = (next: Viewport) => set({ view: next });
  const zoom = (factor: number, at: Point = { x: pane.width / 2, y: pane.height / 2 }) =>
    show(zoomAt(view, SQUARE, pane, at, factor));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view's numbers stand for it
  useEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false });
    if (!context || pane.width === 0) return;
    const frame = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio;
      const { width, height } = context.canvas;
      // Megabytes: made anew only for another size.
      if (image.current?.width !== width || image.current.height !== height) {
        image.current = context.createImageData(width, height);
      }
      const picture = { width, height, pixels: new Uint32Array(image.current.data.buffer) };
      const look = { colours, marks, radius: radiusFor(points.items.length) * ratio, ...GROUNDS[scheme] };
      paintPoints(picture, points, { ...view, scale: view.scale * ratio }, look);
      context.putImageData(image.current, 0, 0);
    });
    return () => cancelAnimationFrame(frame);
  }, [points, colours, marks, view.x, view.y, view.scale, pane.width, pane.height, scheme]);

  const placeOf = (event: { clientX: number; clientY: number }): Point => {
    const { left, top } = box.current!.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const under = (at: Point) => nearestPoint(points, toImage(view, pane, at), REACH / view.scale);

  // React's own wheel listener is passive: the page would scroll.
  useEffect(() => {
    const element = box.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), placeOf(event));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  });

  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button > 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const from = placeOf(event);
    const moves = event.button === 1 || tool === 'move';
    drag.current = { from, last: from, moves, more: event.shiftKey, path: null };
  };
  const onPointerMove = (event: React.PointerEvent) => {
    const at = placeOf(event);
    const going = drag.current;
    if (!going) return setHover(under(at));
    if (!going.path && Math.hypot(at.x - going.from.x, at.y - going.from.y) < DRAG) return;
    setHover(null);
    going.path = [...(going.path ?? [going.from]), at];
    if (going.moves) show(pan(view, SQUARE, pane, { x: at.x - going.last.x, y: at.y - going.last.y }));
    else setLasso(going.path);
    going.last = at;
  };
  const onPointerUp = (event: React.PointerEvent) => {
    const ended = drag.current;
    drag.current = null;
    setLasso(null);
    if (!ended) return;
    if (ended.path) {
      if (!ended.moves) chooseInside(ended.path, ended.more);
    } else if (event.button === 0) {
      const place = under(placeOf(event));
      if (place !== null) onOpen(points.items[place]);
    }
  };
  const chooseInside = (path: Point[], more: boolean) => {
    const corners = path.map((corner) => toImage(view, pane, corner));
    onChoose(itemsInside(points, corners), more);
  };
  const chooseInSight = () => {
    const { width, height } = pane;
    const corners = [
      { x: 0, y: 0 },
      { x: width, y: 0 },
      { x: width, y: height },
      { x: 0, y: height },
    ];
    chooseInside(corners, false);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, Point> = {
      ArrowLeft: { x: STEP, y: 0 },
      ArrowRight: { x: -STEP, y: 0 },
      ArrowUp: { x: 0, y: STEP },
      ArrowDown: { x: 0, y: -STEP },
    };
    const keys: Record<string, () => void> = {
      '+': () => zoom(1.25),
      '=': () => zoom(1.25),
      '-': () => zoom(0.8),
      '0': () => set({ view: 'fit' }),
      ' ': chooseInSight,
      l: () => set({ tool: tool === 'lasso' ? 'move' : 'lasso' }),
    };
    const act = moves[event.key] ? () => show(pan(view, SQUARE, pane, moves[event.key])) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const spot = hover === null ? null : toPane(view, pane, { x: points.x[hover], y: points.y[hover] });
  return (
    <div className="map-pane" ref={measure}>
      <div
        className="map-points"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
        tabIndex={0}
        aria-label={`Map of ${points.items.length} images`}
        aria-description="Arrows move, plus and minus zoom, 0 shows all, Space chooses what is in sight, L changes between lasso and moving"
        data-tool={tool}
        data-panel
        data-testid="map-points"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => setHover(null)}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          width={Math.round(pane.width * window.devicePixelRatio)}
          height={Math.round(pane.height * window.devicePixelRatio)}
        />
        <svg className="map-over" aria-hidden="true">
          {lasso && <polygon points={lasso.map(({ x, y }) => `${x},${y}`).join(' ')} />}
          {spot && <circle cx={spot.x} cy={spot.y} r={radiusFor(points.items.length) + 4} />}
        </svg>
        {hover !== null && spot && <Card item={points.items[hover]} at={spot} pane={pane} />}
      </div>
      <div className="map-buttons" role="toolbar" aria-label="Map">
        <Tooltip
          label={
            tool === 'lasso' ? 'A drag draws a lasso; move instead  L' : 'A drag moves the map; draw a lasso instead  L'
          }
        >
          <ActionIcon
            aria-label={tool === 'lasso' ? 'Lasso' : 'Move'}
            onClick={() => set({ tool: tool === 'lasso' ? 'move' : 'lasso' })}
            data-testid="map-tool"
          >
            {tool === 'lasso' ? <IconLasso size={16} /> : <IconHandStop size={16} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Zoom in  +">
          <ActionIcon aria-label="Zoom in" onClick={() => zoom(1.5)} data-testid="map-zoom-in">
            <IconZoomIn size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Zoom out  -">
          <ActionIcon aria-label="Zoom out" onClick={() => zoom(1 / 1.5)}>
            <IconZoomOut size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Show all  0">
          <ActionIcon aria-label="Show all" onClick={() => set({ view: 'fit' })} data-testid="map-fit">
            <IconMaximize size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

const CARD = { width: 176, height: 150 };

/** The image under the pointer, on whichever side of it there is room. */
function Card({ item, at, pane }: { item: number; at: Point; pane: { width: number; height: number } }) {
  const { data } = useAsk('items.get', { item });
  const left = at.x + 16 + CARD.width > pane.width ? at.x - 16 - CARD.width : at.x + 16;
  const top = Math.max(4, Math.min(at.y - CARD.height / 2, pane.height - CARD.height - 4));
  return (
    <div className="map-card" style={{ left, top, width: CARD.width }} data-testid="map-card">
      <img src={resources.thumbnail(item)} alt="" draggable={false} />
      <div className="ellipsis">{data?.key ?? ''}</div>
      <div className="quiet ellipsis">{data ? `${data.split}${data.labelled ? '' : ', without labels'}` : ''}</div>
    </div>
  );
}
