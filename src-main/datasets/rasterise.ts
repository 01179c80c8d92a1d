/**
 * Polygons as rows of pixels, by the two rules that annotation formats follow. Both clip to the image, fill by the
 * even-odd rule (a figure that crosses itself has holes), and take any finite coordinates.
 */

/** Takes a run of pixels: row `y`, columns `from` … `to` − 1, all inside the image. */
export type Span = (y: number, from: number, to: number) => void;

/** Crossings of edges and rows beyond which a polygon is refused: no drawing by hand comes near. */
const MAX_CROSSINGS = 4_000_000;

/**
 * The pixels whose centres lie inside: (0, 0) is the corner of the first pixel, so a rectangle from 0, 0 to 2, 1 holds
 * two pixels. The rule of COCO (up to pycocotools' rounding to fifths of a pixel) and CVAT.
 * @param points x, y, x, y, …; the last point is joined to the first
 * @throws Error in a few words where there are too many edges
 */
export function fillArea(points: ArrayLike<number>, width: number, height: number, span: Span): void {
  for (const [y, xs] of crossings(points, height, 0.5)) {
    for (let i = 0; i + 1 < xs.length; i += 2) {
      clipped(y, Math.ceil(xs[i] - 0.5), Math.ceil(xs[i + 1] - 0.5), width, span);
    }
  }
}

/**
 * The pixels inside and on the outline: (0, 0) is the first pixel itself, so a rectangle from 0, 0 to 2, 1 holds six.
 * Coordinates lose their fractions first. The rule of Pillow's ImageDraw.polygon, by which labelme and Cityscapes'
 * scripts make label maps.
 * @param points x, y, x, y, …; the last point is joined to the first
 * @throws Error in a few words where there are too many edges
 */
export function fillTouched(points: ArrayLike<number>, width: number, height: number, span: Span): void {
  const whole = Array.from(points, Math.trunc);
  for (const [y, xs] of crossings(whole, height, 0)) {
    for (let i = 0; i + 1 < xs.length; i += 2) {
      clipped(y, Math.round(xs[i]), Math.floor(xs[i + 1] + 0.5) + 1, width, span);
    }
  }
  for (let i = 0; i < whole.length; i += 2) {
    const next = (i + 2) % whole.length;
    line(whole[i], whole[i + 1], whole[next], whole[next + 1], width, height, span);
  }
}

/** For each row, where the edges cross the line `y + centre`, in rising order. */
function crossings(points: ArrayLike<number>, height: number, centre: number): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  let count = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    let [xa, ya, xb, yb] = [points[i], points[i + 1], points[next], points[next + 1]];
    if (ya > yb) [xa, ya, xb, yb] = [xb, yb, xa, ya];
    // A row is crossed from the upper end on and before the lower one, so that a corner counts once.
    const first = Math.max(0, Math.ceil(ya - centre));
    const last = Math.min(height, Math.ceil(yb - centre));
    count += Math.max(0, last - first);
    if (count > MAX_CROSSINGS) throw new Error('a polygon has too many edges');
    for (let y = first; y < last; y++) {
      const x = xa + ((y + centre - ya) * (xb - xa)) / (yb - ya);
      const xs = rows.get(y);
      if (xs) xs.push(x);
      else rows.set(y, [x]);
    }
  }
  for (const xs of rows.values()) xs.sort((a, b) => a - b);
  return rows;
}

/** The pixels of a line between two whole points, one for each step along its longer side. */
function line(xa: number, ya: number, xb: number, yb: number, width: number, height: number, span: Span): void {
  const dx = xb - xa;
  const dy = yb - ya;
  if (Math.abs(dx) >= Math.abs(dy)) {
    const last = Math.min(width - 1, Math.max(xa, xb));
    for (let x = Math.max(0, Math.min(xa, xb)); x <= last; x++) {
      const y = dx === 0 ? ya : Math.round(ya + ((x - xa) * dy) / dx);
      if (y >= 0 && y < height) span(y, x, x + 1);
    }
  } else {
    const last = Math.min(height - 1, Math.max(ya, yb));
    for (let y = Math.max(0, Math.min(ya, yb)); y <= last; y++) {
      const x = Math.round(xa + ((y - ya) * dx) / dy);
      if (x >= 0 && x < width) span(y, x, x + 1);
    }
  }
}

/** The part of a run of pixels that lies inside the row. */
export function clipped(y: number, from: number, to: number, width: number, span: Span): void {
  const start = Math.max(0, from);
  const end = Math.min(width, to);
  if (start < end) span(y, start, end);
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
