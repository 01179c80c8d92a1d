/** Shapes and their pixels, changed together. */
import { type LabelShape, MAX_INSTANCE } from '../contract/annotation.ts';
import { cut, merged } from './clip.ts';
import type { LabelDocument } from './document.ts';
import { pixelOutline, ringsOfMask } from './outlines.ts';
import { fillShape } from './rasterise.ts';
import type { Point, Rings } from './rings.ts';
import { maskOfSpans, type Span, spansWithout } from './spans.ts';
import type { Stroke } from './stroke.ts';

/** A number that no instance has; null where all are taken. The highest and one more, as numbers that went may come back. */
export function nextInstance({ shapes }: LabelDocument): number | null {
  let highest = 0;
  for (const id of shapes.keys()) highest = Math.max(highest, id);
  if (highest < MAX_INSTANCE) return highest + 1;
  for (let id = 1; id <= MAX_INSTANCE; id++) if (!shapes.has(id)) return id;
  return null;
}

/** The pixels that belong to an instance. */
export function spansOfInstance({ width, instances }: LabelDocument, id: number, span: Span): void {
  for (let at = instances.indexOf(id); at >= 0; at = instances.indexOf(id, at)) {
    const y = Math.floor(at / width);
    const from = at;
    while (at < (y + 1) * width && instances[at] === id) at++;
    span(y, from - y * width, at - y * width);
  }
}

/** The outline of an instance's pixels, which fills them again; empty where it has none. */
export function tracedRings(document: LabelDocument, id: number): number[][] {
  const mask = maskOfSpans(document, (span) => spansOfInstance(document, id, span));
  if (!mask) return [];
  const rings = ringsOfMask(mask);
  if (document.rule === 'area' || rings.length > 1) return rings;
  return [pixelOutline(mask).map((value) => value + 0.5)];
}

/** Draws a new shape over whatever lies there. */
export function drawShape(stroke: Stroke, shape: LabelShape): void {
  fill(stroke.document, shape.rings, (y, from, to) => stroke.span(y, from, to, shape.class, shape.id));
  stroke.setShape(shape.id, shape);
}

/** Takes a shape out; what lay under it comes back. */
export function removeShape(stroke: Stroke, id: number): void {
  spansOfInstance(stroke.document, id, (y, from, to) => stroke.release(y, from, to, id));
  stroke.setShape(id, null);
}

/**
 * Gives a shape another outline or class. Pixels that the outline leaves go back to what lay under them; those that it
 * gains become the shape's unless they belong to another; where it does not move, whoever has the pixels keeps them.
 */
export function redrawShape(stroke: Stroke, after: LabelShape): void {
  const { document } = stroke;
  const { id } = after;
  const before = document.shapes.get(id);
  const old = (span: Span) =>
    before && before.rings.length > 0 ? fill(document, before.rings, span) : spansOfInstance(document, id, span);
  const now = (span: Span) => fill(document, after.rings, span);
  spansWithout(document, old, now, (y, from, to) => stroke.release(y, from, to, id));
  spansWithout(document, now, old, (y, from, to) => takeFree(stroke, y, from, to, after));
  if (before && before.class !== after.class) {
    spansOfInstance(document, id, (y, from, to) => stroke.span(y, from, to, after.class, id));
  }
  stroke.setShape(id, after);
}

/**
 * Makes several shapes one, which has the number and the class of the first.
 * @param ids at least one, of shapes in the document
 */
export function mergeShapes(stroke: Stroke, ids: readonly number[]): void {
  const { document } = stroke;
  const [first, ...others] = ids.map((id) => document.shapes.get(id)!);
  const rings = merged([first, ...others].map((shape) => ringsOf(document, shape)));
  for (const { id } of others) {
    spansOfInstance(document, id, (y, from, to) => stroke.renumber(y, from, to, id, first.id));
    stroke.setShape(id, null);
  }
  spansOfInstance(document, first.id, (y, from, to) => stroke.span(y, from, to, first.class, first.id));
  stroke.setShape(first.id, { ...first, rings });
}

/**
 * Cuts a shape in two along the line through two points; the part to one side of it gets a new number.
 * @returns that number; null where the line does not go through the shape, or no number is free
 */
export function splitShape(stroke: Stroke, id: number, a: Point, b: Point): number | null {
  const { document } = stroke;
  const shape = document.shapes.get(id)!;
  const parts = cut(ringsOf(document, shape), a, b);
  const other = nextInstance(document);
  if (!parts || other === null) return null;
  fill(document, parts[1], (y, from, to) => stroke.renumber(y, from, to, id, other));
  stroke.setShape(id, { ...shape, rings: parts[0] });
  stroke.setShape(other, { ...shape, id: other, rings: parts[1] });
  return other;
}

/** Gives an instance the outline of its pixels, as after painting; one without pixels is taken out. */
export function retraceShape(stroke: Stroke, id: number): void {
  const rings = tracedRings(stroke.document, id);
  stroke.setShape(id, rings.length > 0 ? { ...stroke.document.shapes.get(id)!, rings } : null);
}

function ringsOf(document: LabelDocument, { id, rings }: LabelShape): Rings {
  return rings.length > 0 ? rings : tracedRings(document, id);
}

function fill({ width, height, rule }: LabelDocument, rings: Rings, span: Span): void {
  fillShape(rings, rule, width, height, span);
}

/** Gives a shape the pixels of a run that belong to no other. */
function takeFree(stroke: Stroke, y: number, from: number, to: number, { id, class: value }: LabelShape): void {
  const { instances, width } = stroke.document;
  for (let x = from; x < to; x++) {
    const start = x;
    while (x < to && (instances[y * width + x] === 0 || instances[y * width + x] === id)) x++;
    if (x > start) stroke.span(y, start, x, value, id);
  }
}
