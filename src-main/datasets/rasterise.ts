/**
 * Polygons as rows of pixels, by the two rules that annotation formats follow. Both clip to the image, fill by the
 * even-odd rule (a figure that crosses itself has holes), and take any finite coordinates.
 */
import { crossings, fillRings } from '../labels/fill-rings.ts';
import { clipped, type Span } from '../labels/spans.ts';

/**
 * The pixels whose centres lie inside (see `fillRings`). The rule of CVAT, and of COCO up to pycocotools' rounding to
 * fifths of a pixel.
 * @param points x, y, x, y, …; the last point is joined to the first
 * @throws Error in a few words where there are too many edges
 */
export function fillArea(points: ArrayLike<number>, width: number, height: number, span: Span): void {
  fillRings([points], width, height, span);
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
  for (const [y, xs] of crossings([whole], height, 0)) {
    for (let i = 0; i + 1 < xs.length; i += 2) {
      clipped(y, Math.round(xs[i]), Math.floor(xs[i + 1] + 0.5) + 1, width, span);
    }
  }
  for (let i = 0; i < whole.length; i += 2) {
    const next = (i + 2) % whole.length;
    line(whole[i], whole[i + 1], whole[next], whole[next + 1], width, height, span);
  }
}

/** How many rows and columns of the image a polygon's edges pass: what drawing it takes, but for the pixels inside. */
export function outlineSteps(points: ArrayLike<number>, width: number, height: number): number {
  const within = (a: number, b: number, size: number) =>
    Math.max(0, Math.min(size, Math.max(a, b)) - Math.max(0, Math.min(a, b)));
  let steps = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    steps += 1 + within(points[i], points[next], width) + within(points[i + 1], points[next + 1], height);
  }
  return steps;
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
