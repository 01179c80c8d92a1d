import { Loader } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { PaneSpec } from './Stage.tsx';
import { useViewport } from './store.ts';
import { type Point, pixelAt, resolve, toImage, toPane } from './viewport.ts';

/** How much one notch of the wheel zooms. */
const NOTCH = 1.0015;

/** One pane: takes the pointer for the shared viewport; the picture itself is drawn on the stage's canvas behind it. */
export function Pane({ spec }: { spec: PaneSpec }) {
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = root.current!;
    const point = (event: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.x, y: event.clientY - box.y };
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      useViewport.getState().zoom(NOTCH ** (-event.deltaY * lines), point(event));
    };
    const hover = (event: PointerEvent) => {
      const { view, image, pane, setHover } = useViewport.getState();
      if (!image) return;
      const at = toImage(resolve(view, image, pane), pane, point(event));
      setHover(pixelAt(at, image) ? at : null);
    };
    let from: Point | null = null;
    const down = (event: PointerEvent) => {
      if (event.button > 1) return;
      from = { x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
      element.dataset.dragging = '';
    };
    const move = (event: PointerEvent) => {
      if (from) {
        useViewport.getState().pan({ x: event.clientX - from.x, y: event.clientY - from.y });
        from = { x: event.clientX, y: event.clientY };
      }
      hover(event);
    };
    const up = () => {
      from = null;
      delete element.dataset.dragging;
    };
    const leave = () => useViewport.getState().setHover(null);
    const fit = () => useViewport.getState().fit();
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('dblclick', fit);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('dblclick', fit);
    };
  }, []);

  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a label
    <div
      className="pane"
      ref={root}
      role={spec.message ? 'group' : 'img'}
      aria-label={spec.name}
      aria-busy={spec.busy ? true : undefined}
      data-pane={spec.id}
      data-testid={`pane-${spec.id}`}
    >
      <Ghost />
      <span className="pane-title ellipsis">{spec.title}</span>
      {spec.value !== undefined && <span className="pane-value">{spec.value}</span>}
      {spec.busy && (
        <span className="pane-busy">
          <Loader size={12} color="gray" /> computing
        </span>
      )}
      {spec.message && <div className="pane-message">{spec.message}</div>}
    </div>
  );
}

/** The pointer's place, shown in every pane. Moved without a render: it follows the mouse. */
function Ghost() {
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const place = () => {
      const { view, image, pane, hover } = useViewport.getState();
      const element = mark.current!;
      element.hidden = !hover || !image;
      if (!hover || !image) return;
      const at = toPane(resolve(view, image, pane), pane, hover);
      element.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px)`;
    };
    place();
    return useViewport.subscribe(place);
  }, []);
  return <span className="ghost" ref={mark} aria-hidden="true" />;
}
