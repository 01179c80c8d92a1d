import { useEffect, useRef } from 'react';
import { useViewport } from '../canvas/store.ts';
import { resolve, toPane } from '../canvas/viewport.ts';
import type { Painter } from './painter.ts';
import { useAnnotate } from './store.ts';
import { toolInfo } from './tools/registry.ts';
import type { Overlay } from './tools/tool.ts';
import { onRedraw } from './use-painter.ts';

/** What the tool shows over the first pane: the brush's outline, lines and handles. Moved without a render. */
export function ToolOverlay({ painter }: { painter: Painter | null }) {
  const { width, height } = useViewport((state) => state.pane);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ring = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    const paint = () => {
      frame = 0;
      placeRing(ring.current!);
      if (painter) drawLines(canvas.current!, painter);
    };
    const soon = () => {
      frame ||= requestAnimationFrame(paint);
    };
    soon();
    const ends = [useViewport.subscribe(soon), useAnnotate.subscribe(soon), onRedraw(soon)];
    return () => {
      cancelAnimationFrame(frame);
      for (const end of ends) end();
    };
  }, [painter]);
  return (
    <div className="tool-overlay" style={{ width, height }}>
      <canvas className="tool-lines" ref={canvas} hidden />
      <div className="brush-ring" ref={ring} hidden aria-hidden="true" />
    </div>
  );
}

/** The outline of the brush around the pointer. */
function placeRing(ring: HTMLElement): void {
  const { view, image, pane, hover, panning } = useViewport.getState();
  const { tool, options } = useAnnotate.getState();
  ring.hidden = !hover || !image || panning || !toolInfo(tool).brushed;
  if (ring.hidden || !hover || !image) return;
  const seen = resolve(view, image, pane);
  const at = toPane(seen, pane, hover);
  const side = Math.max(3, options.size * seen.scale);
  ring.style.width = `${side.toFixed(1)}px`;
  ring.style.height = `${side.toFixed(1)}px`;
  ring.style.borderRadius = options.round ? '50%' : '0';
  ring.style.transform = `translate(${(at.x - side / 2).toFixed(1)}px, ${(at.y - side / 2).toFixed(1)}px)`;
}

/** Half a side of a handle, in CSS pixels. */
const HANDLE = 4;

function drawLines(canvas: HTMLCanvasElement, painter: Painter): void {
  const { view, image, pane } = useViewport.getState();
  if (!image) return;
  const seen = resolve(view, image, pane);
  const ratio = window.devicePixelRatio;
  const context = canvas.getContext('2d')!;
  let empty = true;
  const begin = () => {
    if (!empty) return;
    empty = false;
    canvas.hidden = false;
    const [wide, high] = [Math.round(pane.width * ratio), Math.round(pane.height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, pane.width, pane.height);
  };
  const overlay: Overlay = {
    line(points, { closed = false, dashed = false } = {}) {
      begin();
      context.beginPath();
      for (let i = 0; i + 1 < points.length; i += 2) {
        const { x, y } = toPane(seen, pane, { x: points[i], y: points[i + 1] });
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      if (closed) context.closePath();
      // Dark under light: seen on any picture.
      for (const [color, width] of [
        ['rgb(0 0 0 / 70%)', 3],
        ['#ffffff', 1],
      ] as const) {
        context.setLineDash(dashed && width === 1 ? [4, 4] : []);
        context.strokeStyle = color;
        context.lineWidth = width;
        context.stroke();
      }
    },
    handle(px, py, filled) {
      begin();
      const { x, y } = toPane(seen, pane, { x: px, y: py });
      context.setLineDash([]);
      context.lineWidth = 1;
      context.strokeStyle = '#000000';
      context.fillStyle = filled ? '#ffc800' : '#ffffff';
      context.fillRect(x - HANDLE, y - HANDLE, 2 * HANDLE, 2 * HANDLE);
      context.strokeRect(x - HANDLE + 0.5, y - HANDLE + 0.5, 2 * HANDLE - 1, 2 * HANDLE - 1);
    },
  };
  painter.tool.draw?.(overlay);
  if (empty) canvas.hidden = true;
}
