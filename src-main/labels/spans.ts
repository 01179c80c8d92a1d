/**
 * Areas as rows of pixels: what the tools make, and what a stroke, a label map or a mask takes. A tool never writes by
 * itself, so whoever calls it says what becomes of the pixels: `(y, from, to) => stroke.span(y, from, to, value)`.
 */

/** Takes a run of pixels: row `y`, columns `from` … `to` − 1, not empty. */
export type Span = (y: number, from: number, to: number) => void;

/** Takes a run of pixels together with the class that they shall have. */
export type ClassSpan = (y: number, from: number, to: number, value: number) => void;

/** The part of a run of pixels that lies inside a row `width` long. */
export function clipped(y: number, from: number, to: number, width: number, span: Span): void {
  const start = Math.max(0, from);
  const end = Math.min(width, to);
  if (start < end) span(y, start, end);
}

/** The part of a run of pixels that lies inside an image. */
export function inImage(y: number, from: number, to: number, width: number, height: number, span: Span): void {
  if (y >= 0 && y < height) clipped(y, from, to, width, span);
}

/** Pixels of an image: those in a box whose value in `mask` (`height·width`, row by row) is not 0. */
export interface BoxMask {
  x: number;
  y: number;
  width: number;
  height: number;
  mask: Uint8Array;
}

/** The runs of a mask's pixels, in the image's coordinates. */
export function spansOfMask({ x, y, width, height, mask }: BoxMask, span: Span): void {
  for (let row = 0; row < height; row++) {
    for (let at = row * width, end = at + width; at < end; at++) {
      if (mask[at] === 0) continue;
      const from = at;
      while (at < end && mask[at] !== 0) at++;
      span(y + row, x + from - row * width, x + at - row * width);
    }
  }
}

/** All pixels that a tool tells, as a mask; null where it tells none. `image` bounds them. */
export function maskOfSpans(image: { width: number; height: number }, tool: (span: Span) => void): BoxMask | null {
  const runs: number[] = [];
  let [left, top, right, bottom] = [image.width, image.height, 0, 0];
  tool((y, from, to) => {
    runs.push(y, from, to);
    left = Math.min(left, from);
    right = Math.max(right, to);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  if (runs.length === 0) return null;
  const width = right - left;
  const mask = new Uint8Array(width * (bottom - top));
  for (let i = 0; i < runs.length; i += 3) {
    const row = (runs[i] - top) * width - left;
    mask.fill(1, row + runs[i + 1], row + runs[i + 2]);
  }
  return { x: left, y: top, width, height: bottom - top, mask };
}

/** The pixels that one tool tells and another does not; both are asked before the first one is told on. */
export function spansWithout(
  image: { width: number; height: number },
  tool: (span: Span) => void,
  but: (span: Span) => void,
  span: Span,
): void {
  const all = maskOfSpans(image, tool);
  if (!all) return;
  const { x, y: top, width, height, mask } = all;
  but((y, from, to) => {
    if (y < top || y >= top + height) return;
    clipped(y, from - x, to - x, width, (_, start, end) =>
      mask.fill(0, (y - top) * width + start, (y - top) * width + end),
    );
  });
  spansOfMask(all, span);
}
