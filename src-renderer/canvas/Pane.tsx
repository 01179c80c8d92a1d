import { Loader } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { PaneSpec } from './Stage.tsx';
import { useViewport } from './store.ts';
import { type Point, pixelAt, resolve, toImage, toPane } from './viewport.ts';

/** How much one notch of the wheel zooms. */
const NOTCH = 1.0015;

/** What a tool makes of the pointer in a pane; places are in image coordinates. */
export interface PaneInput {
  down(at: Point, event: PointerEvent): void;
  /** All places since the last call, oldest first; also while no button is held. */
  move(at: Point[], event: PointerEvent): void;
  up(event: PointerEvent): void;
  /** The system took the pointer away in the middle. */
  cancel(): void;
  double(event: MouseEvent): void;
  /** Whether the tool takes a turn of the wheel, which then does not zoom. */
  wheel(event: WheelEvent): boolean;
}

/** One pane: takes the pointer for the shared viewport; the picture itself is drawn on the stage's canvas behind it. */
export function Pane({ spec }: { spec: PaneSpec }) {
  const root = useRef<HTMLDivElement>(null);
  const input = useRef(spec.input);
  input.current = spec.input;

  useEffect(() => {
    const element = root.current!;
    const point = (event: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.x, y: event.clientY - box.y };
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      if (input.current?.wheel(event)) return;
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      useViewport.getState().zoom(NOTCH ** (-event.deltaY * lines), point(event));
    };
    const place = (event: MouseEvent): Point => {
      const { view, image, pane } = useViewport.getState();
      return image ? toImage(resolve(view, image, pane), pane, point(event)) : { x: 0, y: 0 };
    };
    const hover = (at: Point) => {
      const { image, setHover } = useViewport.getState();
      if (image) setHover(pixelAt(at, image) ? at : null);
    };
    let from: Point | null = null;
    /** Whether the tool has the pointer. */
    let drawing = false;
    const down = (event: PointerEvent) => {
      if (event.button > 1) return;
      if (input.current && event.button === 0 && !useViewport.getState().panning) {
        drawing = true;
        element.setPointerCapture(event.pointerId);
        element.focus({ preventScroll: true });
        input.current.down(place(event), event);
        return;
      }
      from = { x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
      element.dataset.dragging = '';
    };
    const move = (event: PointerEvent) => {
      if (from) {
        useViewport.getState().pan({ x: event.clientX - from.x, y: event.clientY - from.y });
        from = { x: event.clientX, y: event.clientY };
      }
      const at = place(event);
      hover(at);
      if (!input.current || from) return;
      const passed = event.getCoalescedEvents();
      input.current.move(passed.length > 0 ? passed.map(place) : [at], event);
    };
    const up = (event: PointerEvent) => {
      if (drawing && event.type === 'pointerup') input.current?.up(event);
      else if (drawing) input.current?.cancel();
      drawing = false;
      from = null;
      delete element.dataset.dragging;
    };
    const leave = () => useViewport.getState().setHover(null);
    const fit = (event: MouseEvent) => (input.current ? input.current.double(event) : useViewport.getState().fit());
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
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: all of these roles take a label
    <div
      className="pane"
      ref={root}
      role={spec.input ? 'application' : spec.message ? 'group' : 'img'}
      aria-label={spec.name}
      aria-busy={spec.busy ? true : undefined}
      // A pane that draws takes the focus, so that keys meant for it do not press the button that chose the tool.
      tabIndex={spec.input ? 0 : undefined}
      data-pane={spec.id}
      data-testid={`pane-${spec.id}`}
    >
      {!spec.input && <Ghost />}
      {spec.title && <span className="pane-title ellipsis">{spec.title}</span>}
      {spec.value !== undefined && (
        <span className={spec.value.length > 6 ? 'pane-value wide' : 'pane-value'}>{spec.value}</span>
      )}
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
