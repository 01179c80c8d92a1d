/**
 * Polygons as rows of pixels, to the pixel as the two programs draw them that annotation formats are made with. They
 * differ at the edge: COCO's corners lie between pixels; Pillow's are pixels, and the edge belongs to the polygon. Both
 * clip to the image, and fill by the even-odd rule: a figure that crosses itself has holes.
 */

import { spansOfColumns } from './rle.ts';
import { inImage, type Span } from './spans.ts';

/** Told what work is about to be done, in units of about a nanosecond; throws where that is too much. */
export type Spend = (cost: number) => void;

/** A step along an edge, and an edge in a row. */
const STEP_COST = 20;
const EDGE_COST = 80;

/** How a program says which pixels a polygon holds: COCO, CVAT and Datumaro as `fillArea`, labelme and Cityscapes as `fillTouched`. */
export type FillRule = 'area' | 'touched';

/**
 * The pixels of a shape whose rings are as in `LabelShape`: for `fillTouched` moved by half a pixel, as (0, 0) is a pixel there.
 * Several rings are filled by area, an odd number of them around: the other rule knows no holes.
 * @throws Error in a few words where a corner lies far outside
 */
export function fillShape(
  rings: readonly (readonly number[])[],
  rule: FillRule,
  width: number,
  height: number,
  span: Span,
): void {
  if (rule === 'area' || rings.length !== 1) fillAreas(rings, width, height, span);
  else fillTouched(pixelsOf(rings[0]), width, height, span);
}

/** A number of so many digits behind the point comes back as it was when it was moved by half a pixel and back. */
const DIGITS = 10;

/** A ring as in `LabelShape` in the coordinates of `fillTouched`, in which (0, 0) is the first pixel itself. */
export function pixelsOf(ring: readonly number[]): number[] {
  return ring.map((value) => {
    const short = Number((value - 0.5).toFixed(DIGITS));
    return short + 0.5 === value ? short : value - 0.5;
  });
}

/** COCO walks along edges on a grid so many times finer than pixels. */
const FINE = 5;

/** Steps of one polygon on that grid beyond which it is refused: only corners far outside of any image need so many. */
const MAX_STEPS = 20_000_000;

/**
 * The pixels that COCO gives a polygon (pycocotools' `rleFrPoly`; CVAT and Datumaro use it too): (0, 0) is the corner of
 * the first pixel, so a rectangle from 0, 0 to 2, 1 holds two pixels. Corners are rounded to fifths of a pixel; where the
 * edge passes the middle of a column, the column's pixels change sides from the next whole row on.
 * @param points x, y, x, y, …; the last point is joined to the first
 * @throws Error in a few words where a corner lies far outside; what `spend` throws
 */
export function fillArea(
  points: ArrayLike<number>,
  width: number,
  height: number,
  span: Span,
  spend: Spend = () => {},
): void {
  fillAreas([points], width, height, span, spend);
}

/** The pixels that an odd number of polygons holds. */
function fillAreas(
  polygons: readonly ArrayLike<number>[],
  width: number,
  height: number,
  span: Span,
  spend: Spend = () => {},
): void {
  const turns = polygons.flatMap((points) => turnsOf(points, width, height, spend)).sort((a, b) => a - b);
  let last = 0;
  const runs = turns.map((turn) => {
    const run = turn - last;
    last = turn;
    return run;
  });
  spansOfColumns([...runs, width * height - last], height, span);
}

/** Where the pixels change sides, counted down the columns. */
function turnsOf(points: ArrayLike<number>, width: number, height: number, spend: Spend): number[] {
  const turns: number[] = [];
  const fine = Array.from({ length: points.length }, (_, i) => Math.trunc(FINE * points[i] + 0.5));
  let steps = 0;
  for (let i = 0; i + 1 < fine.length; i += 2) {
    const next = (i + 2) % fine.length;
    const long = Math.max(Math.abs(fine[next] - fine[i]), Math.abs(fine[next + 1] - fine[i + 1]));
    steps += long;
    if (steps > MAX_STEPS) throw new Error('a corner lies far outside of the image');
    spend(STEP_COST * (1 + long));
  }
  let [fromX, fromY] = [Number.NaN, 0];
  const step = (x: number, y: number) => {
    if (x !== fromX && !Number.isNaN(fromX)) {
      const column = ((x < fromX ? x : x - 1) + 0.5) / FINE - 0.5;
      if (Number.isInteger(column) && column >= 0 && column < width) {
        const row = ((y < fromY ? y : fromY) + 0.5) / FINE - 0.5;
        turns.push(column * height + Math.ceil(Math.min(Math.max(row, 0), height)));
      }
    }
    fromX = x;
    fromY = y;
  };
  for (let i = 0; i + 1 < fine.length; i += 2) {
    const next = (i + 2) % fine.length;
    walk(fine[i], fine[i + 1], fine[next], fine[next + 1], step);
  }
  return turns;
}

/** The points of the fine grid along an edge, from its begin to its end, the same ones in either direction. */
function walk(xa: number, ya: number, xb: number, yb: number, step: (x: number, y: number) => void): void {
  const [dx, dy] = [Math.abs(xb - xa), Math.abs(yb - ya)];
  const flat = dx >= dy;
  const turned = flat ? xa > xb : ya > yb;
  const [x, y, toX, toY] = turned ? [xb, yb, xa, ya] : [xa, ya, xb, yb];
  const long = Math.max(dx, dy);
  const slope = long === 0 ? 0 : (flat ? toY - y : toX - x) / long;
  for (let i = 0; i <= long; i++) {
    const t = turned ? long - i : i;
    if (flat) step(x + t, Math.trunc(y + slope * t + 0.5));
    else step(Math.trunc(x + slope * t + 0.5), y + t);
  }
}

/** An edge that is not level. */
interface Edge {
  index: number;
  x: number;
  y: number;
  top: number;
  bottom: number;
  /** Change of x by row. */
  slope: number;
}

/**
 * The pixels that Pillow's `ImageDraw.polygon` fills, by which labelme and Cityscapes' scripts make label maps: (0, 0) is
 * the first pixel itself, so a rectangle from 0, 0 to 2, 1 holds six. Coordinates lose their fractions first.
 * @param points x, y, x, y, …; the last point is joined to the first
 * @param span may be told a pixel more than once
 * @throws what `spend` does
 */
export function fillTouched(
  points: ArrayLike<number>,
  width: number,
  height: number,
  span: Span,
  spend: Spend = () => {},
): void {
  const row = (y: number, from: number, to: number) => inImage(y, from, to + 1, width, height, span);
  spend(EDGE_COST * points.length);
  const edges: Edge[] = [];
  let [first, last] = [height - 1, 0];
  for (const [xa, ya, xb, yb] of edgesOf(points)) {
    const [top, bottom] = [Math.min(ya, yb), Math.max(ya, yb)];
    first = Math.min(first, top);
    last = Math.max(last, bottom);
    const slope = Math.fround(Math.fround(xb - xa) / (yb - ya));
    if (ya === yb) row(ya, Math.min(xa, xb), Math.max(xa, xb));
    else edges.push({ index: edges.length, x: xa, y: ya, top, bottom, slope });
  }
  const coming = edges.toSorted((a, b) => b.top - a.top);
  let active: Edge[] = [];
  for (let y = Math.max(0, first); y <= Math.min(height - 1, last); y++) {
    spend(EDGE_COST * (1 + active.length));
    active = active.filter((edge) => edge.bottom >= y);
    const before = active.length;
    while (coming.length > 0 && coming[coming.length - 1].top <= y) active.push(coming.pop()!);
    if (active.length > before) active = active.filter((edge) => edge.bottom >= y).sort((a, b) => a.index - b.index);
    const crossings: number[] = [];
    active.forEach((edge, i) => {
      const x = xAt(edge, y);
      if (y === edge.bottom && y < last) crossings.push(x, x);
      else if ((y === edge.top || y === edge.bottom) && edge.slope !== 0) {
        spend(STEP_COST * i);
        crossings.push(tip(active, i, y, x));
      } else crossings.push(x);
    });
    crossings.sort((a, b) => a - b);
    for (let i = 1; i < crossings.length; i += 2) row(y, nearest(crossings[i - 1]), nearestInward(crossings[i]));
  }
}

/** The edges between corners of whole pixels; none from the last to the first where these are the same. */
function edgesOf(points: ArrayLike<number>): [xa: number, ya: number, xb: number, yb: number][] {
  const whole = Array.from(points, Math.trunc);
  const edges: [number, number, number, number][] = [];
  for (let i = 2; i + 1 < whole.length; i += 2) edges.push([whole[i - 2], whole[i - 1], whole[i], whole[i + 1]]);
  const [x, y] = whole.slice(-2);
  if (whole.length > 3 && (x !== whole[0] || y !== whole[1])) edges.push([x, y, whole[0], whole[1]]);
  return edges;
}

/** Pillow computes in 32-bit floating point. */
function xAt(edge: Edge, y: number): number {
  return Math.fround(Math.fround((y - edge.y) * edge.slope) + edge.x);
}

/** Where two flat edges meet in a tip, the row of the tip reaches to where the next row begins. */
function tip(edges: readonly Edge[], i: number, y: number, x: number): number {
  const edge = edges[i];
  const next = y === edge.bottom ? y - 1 : y + 1;
  for (let j = 0; j < i; j++) {
    const other = edges[j];
    if ((y !== other.top && y !== other.bottom) || other.slope === 0) continue;
    if (nearest(x) !== nearest(xAt(other, y)) || next < other.top || next > other.bottom) continue;
    const [a, b] = [xAt(edge, next), xAt(other, next)];
    if (x > a + 1 && x > b + 1) return nearest(Math.max(a, b)) + 1;
    if (x < a - 1 && x < b - 1) return nearest(Math.min(a, b)) - 1;
    return x;
  }
  return x;
}

/** To the nearest whole number, halves away from 0: where a run of pixels begins. */
function nearest(x: number): number {
  return Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
}

/** To the nearest whole number, halves toward 0: where it ends. */
function nearestInward(x: number): number {
  return Math.sign(x) * Math.ceil(Math.abs(x) - 0.5);
}

/** An ellipse as a polygon whose sides leave it by less than a tenth of a pixel up to radii of 1000. */
export function ellipse(cx: number, cy: number, rx: number, ry: number, degrees = 0): number[] {
  const steps = 256;
  const turn = (degrees * Math.PI) / 180;
  const points: number[] = [];
  for (let i = 0; i < steps; i++) {
    const angle = (2 * Math.PI * i) / steps;
    const [x, y] = [rx * Math.cos(angle), ry * Math.sin(angle)];
    points.push(cx + x * Math.cos(turn) - y * Math.sin(turn), cy + x * Math.sin(turn) + y * Math.cos(turn));
  }
  return points;
}
