/** Going from box to box of a drawing by keys, and where things lie on the screen. Pure. */
import type { DrawnBox, NetworkDrawing } from '../../../src-main/contract/network-drawing.ts';
import type { Seen } from './store.ts';

export interface Pane {
  width: number;
  height: number;
}

const MARGIN = 16;
export const ZOOM = { least: 0.05, most: 2 };

/** What is seen where a drawing's whole width is, from its top on. */
export function fromTheTop(drawings: readonly NetworkDrawing[], pane: Pane): Seen {
  const zoom = Math.min(1, ...drawings.map(({ width }) => (pane.width - 2 * MARGIN) / width));
  return { x: pane.width / 2, y: MARGIN, zoom: Math.max(ZOOM.least, zoom) };
}

/** What is seen where drawings of one scale are there as a whole. */
export function fitted(drawings: readonly NetworkDrawing[], pane: Pane): Seen {
  const tall = Math.min(...drawings.map(({ height }) => (pane.height - 2 * MARGIN) / height));
  const wide = fromTheTop(drawings, pane);
  return { ...wide, zoom: Math.max(ZOOM.least, Math.min(wide.zoom, tall)) };
}

/** The same with the point in the middle of the pane in its place. */
export function zoomed(seen: Seen, factor: number, pane: Pane): Seen {
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, seen.zoom * factor));
  const by = zoom / seen.zoom;
  const keep = (place: number, middle: number) => middle + (place - middle) * by;
  return { zoom, x: keep(seen.x, pane.width / 2), y: keep(seen.y, pane.height / 2) };
}

/** Where a box's middle is, from the middle of the drawing's top. */
export function middleOf(box: DrawnBox, drawing: NetworkDrawing): { x: number; y: number } {
  return { x: box.x + box.width / 2 - drawing.width / 2, y: box.y + box.height / 2 };
}

/** What is seen with a box in the middle of the pane, large enough to be read. */
export function centred(box: DrawnBox, drawing: NetworkDrawing, seen: Seen, pane: Pane): Seen {
  const zoom = Math.max(seen.zoom, 0.7);
  const { x, y } = middleOf(box, drawing);
  return { zoom, x: pane.width / 2 - x * zoom, y: pane.height / 2 - y * zoom };
}

/** Whether the whole of a box is seen. */
export function isSeen(box: DrawnBox, drawing: NetworkDrawing, seen: Seen, pane: Pane): boolean {
  const left = seen.x + (box.x - drawing.width / 2) * seen.zoom;
  const top = seen.y + box.y * seen.zoom;
  const [right, bottom] = [left + box.width * seen.zoom, top + box.height * seen.zoom];
  return left >= 0 && top >= 0 && right <= pane.width && bottom <= pane.height;
}

/** The box that an arrow key leads to: along the edges up and down, to the nearest beside it left and right. */
export function nextBox(drawing: NetworkDrawing, from: string, key: string): DrawnBox | undefined {
  const boxes = new Map(drawing.boxes.map((box) => [box.id, box]));
  const at = boxes.get(from);
  if (!at) return undefined;
  const distance = (one: DrawnBox) => {
    const [a, b] = [middleOf(one, drawing), middleOf(at, drawing)];
    return Math.hypot(a.x - b.x, 4 * (a.y - b.y));
  };
  const nearest = (some: (DrawnBox | undefined)[]) =>
    some.filter((one) => one !== undefined).sort((a, b) => distance(a) - distance(b))[0];
  const { edges } = drawing;
  if (key === 'ArrowDown') return nearest(edges.filter((edge) => edge.from === from).map(({ to }) => boxes.get(to)));
  if (key === 'ArrowUp') return nearest(edges.filter((edge) => edge.to === from).map((edge) => boxes.get(edge.from)));
  const side = key === 'ArrowLeft' ? -1 : 1;
  const beside = drawing.boxes.filter((box) => {
    const apart = middleOf(box, drawing);
    const own = middleOf(at, drawing);
    return !box.open && Math.sign(apart.x - own.x) === side && Math.abs(apart.y - own.y) < at.height;
  });
  return nearest(beside);
}
