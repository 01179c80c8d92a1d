import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { Pane, type PaneInput } from './Pane.tsx';
import { Pace } from './pace.ts';
import { plainRenderer } from './plain.ts';
import { dirtyOf, type Frame, type PaneDrawing, type Renderer, sameFrame } from './renderer.ts';
import './stage.css';
import { useViewport } from './store.ts';
import { resolve, type Size } from './viewport.ts';
import { webglRenderer } from './webgl.ts';

/** What a pane shows, lowest first; more than one only where they share the pane by `clip`. */
export type Layer = Pick<
  PaneDrawing,
  'image' | 'labels' | 'truth' | 'teacher' | 'instances' | 'selected' | 'mode' | 'clip'
>;

export interface PaneSpec {
  id: string;
  /** Whose it is, in the corner of the pane; empty: nothing is written there. */
  title: string;
  /** The figure in the other corner, such as the image's mIoU. */
  value?: string;
  /** What a screen reader says: `student dsd-3, mIoU 63.5`. */
  name: string;
  layers: Layer[];
  /** Shown instead of the picture: why there is nothing to see, and what to do. */
  message?: React.ReactNode;
  busy?: boolean;
  /** Takes the pane's pointer for a tool; without it dragging moves the image. */
  input?: PaneInput;
}

interface StageProps {
  panes: PaneSpec[];
  size: Size | null;
  palette: Uint8Array;
  opacity: number;
  contours: boolean;
  /** Columns of the grid of panes. */
  columns: number;
  /**
   * Calls back whenever a plane that is shown was edited in place; with `atOnce` it is drawn without waiting for the
   * next frame, which then has that much less to do. Answers what ends it.
   */
  edits?: (listener: (atOnce: boolean) => void) => () => void;
  /** Images that may be shown next. */
  ahead?: readonly ImageBitmap[];
  children?: React.ReactNode;
}

/** How long nothing must be drawn until an image that may be shown next is got ready, in ms. */
const AHEAD = 150;
const GROUND = { light: [228, 228, 228], dark: [17, 17, 17] } as const;

/** The rectangles of the panes in a stage, by their ids. */
function measure(stage: HTMLElement, box: DOMRect): Map<string, PaneDrawing['rect']> {
  const rects = new Map<string, PaneDrawing['rect']>();
  for (const element of stage.querySelectorAll<HTMLElement>('[data-pane]')) {
    const { x, y, width, height } = element.getBoundingClientRect();
    rects.set(element.dataset.pane!, { x: x - box.x, y: y - box.y, width, height });
  }
  return rects;
}

/** A grid of panes that show the same part of the same image, drawn on one canvas behind them. */
export function Stage({ panes, size, palette, opacity, contours, columns, edits, ahead, children }: StageProps) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<(atOnce?: boolean) => void>(() => {});
  /** Where the panes lie on the stage; null: they must be measured, which makes the browser lay out the page. */
  const places = useRef<Map<string, PaneDrawing['rect']> | null>(null);
  const ready = useRef<readonly ImageBitmap[]>([]);
  ready.current = ahead ?? [];
  const scheme = useComputedColorScheme('light');
  const setImage = useViewport((state) => state.setImage);
  const width = size?.width;
  const height = size?.height;

  useEffect(() => {
    if (width && height) setImage({ width, height });
  }, [width, height, setImage]);

  useEffect(() => {
    const element = canvas.current!;
    let renderer: Renderer | null = null;
    let frame = 0;
    /** What is on the canvas. */
    let last: Frame | null = null;
    let area = { width: 0, height: 0 };
    const pace = new Pace(() => drawn.current());
    const paint = (now: number) => {
      frame = 0;
      renderer ??= webglRenderer(element) ?? plainRenderer(element);
      element.dataset.renderer = renderer.kind;
      const ratio = window.devicePixelRatio * pace.detail(now, moved);
      moved = false;
      if (!places.current) {
        const box = root.current!.getBoundingClientRect();
        area = { width: box.width, height: box.height };
        places.current = measure(root.current!, box);
      }
      const [wide, high] = [Math.round(area.width * ratio), Math.round(area.height * ratio)];
      if (element.width !== wide || element.height !== high) {
        element.width = wide;
        element.height = high;
        last = null;
      }
      const drawing = latest.current(places.current);
      const onlyDirty = last !== null && sameFrame(last, drawing);
      if (!onlyDirty || drawing.panes.some(dirtyOf)) renderer.draw(drawing, ratio, onlyDirty);
      last = drawing;
      if (ready.current.length > 0) later();
    };
    let waiting: ReturnType<typeof setTimeout> | undefined;
    /** Gets the next image ready when nothing was drawn for a moment: it would delay what is drawn. */
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        if (renderer?.prepare(ready.current)) later();
      }, AHEAD);
    };
    /** Whether the view moves: the frame should come in time rather than in full detail. */
    let moved = false;
    drawn.current = (atOnce) => {
      // Not where the page would have to be laid out for it.
      if (!atOnce || !last || !places.current) frame ||= requestAnimationFrame(paint);
      else {
        cancelAnimationFrame(frame);
        paint(performance.now());
      }
    };
    const observer = new ResizeObserver(() => {
      places.current = null;
      drawn.current();
    });
    observer.observe(root.current!);
    const end = useViewport.subscribe((state, before) => {
      if (state.view !== before.view && state.image === before.image) moved = true;
      if (state.view !== before.view || state.image !== before.image || state.bare !== before.bare) drawn.current();
    });
    // A graphics driver may take the context away and give it back: then everything is made anew.
    const lost = (event: Event) => event.preventDefault();
    const restored = () => {
      renderer = null;
      last = null;
      drawn.current();
    };
    element.addEventListener('webglcontextlost', lost);
    element.addEventListener('webglcontextrestored', restored);
    drawn.current();
    return () => {
      element.removeEventListener('webglcontextlost', lost);
      element.removeEventListener('webglcontextrestored', restored);
      end();
      observer.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(waiting);
      pace.end();
      drawn.current = () => {};
      renderer?.dispose();
    };
  }, []);

  const latest = useRef<(rects: ReadonlyMap<string, PaneDrawing['rect']>) => Frame>(null!);
  latest.current = (rects) => {
    const { view, image, bare, pane, setPane } = useViewport.getState();
    const drawings: PaneDrawing[] = [];
    for (const spec of panes) {
      const rect = rects.get(spec.id);
      if (!rect || !size || !image) continue;
      if (pane.width !== rect.width || pane.height !== rect.height) {
        setPane({ width: rect.width, height: rect.height });
      }
      for (const layer of spec.layers) {
        const mode = bare ? 'image' : layer.mode;
        drawings.push({ ...layer, mode, rect, view: resolve(view, size, rect), size, opacity, contours });
      }
    }
    return { panes: drawings, palette, ground: [...GROUND[scheme]] as [number, number, number] };
  };

  useEffect(() => edits?.((atOnce) => drawn.current(atOnce)), [edits]);

  // After every render: whatever changed is on the canvas in the next frame.
  useLayoutEffect(() => {
    places.current = null;
    drawn.current();
  });

  return (
    <div className="stage" ref={root} data-testid="stage">
      <canvas ref={canvas} />
      <div className="stage-grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {panes.map((pane) => (
          <Pane key={pane.id} spec={pane} />
        ))}
      </div>
      {children}
    </div>
  );
}
