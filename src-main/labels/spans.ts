/**
 * Areas as rows of pixels: what the tools make, and what a stroke, a label map or a mask takes. A tool never writes by
 * itself, so whoever calls it says what becomes of the pixels: `(y, from, to) => stroke.span(y, from, to, value)`.
 */

/** Takes a run of pixels: row `y`, columns `from` … `to` − 1, not empty. */
export type Span = (y: number, from: number, to: number) => void;

/** The part of a run of pixels that lies inside a row `width` long. */
export function clipped(y: number, from: number, to: number, width: number, span: Span): void {
  const start = Math.max(0, from);
  const end = Math.min(width, to);
  if (start < end) span(y, start, end);
}

/** Part of an image as bytes, 0 outside; `x`, `y` say where its upper left pixel lies in the image. */
export interface MaskInBox {
  x: number;
  y: number;
  width: number;
  height: number;
  /** `height·width` values, row by row. */
  mask: Uint8Array;
}

/** The runs of a mask's pixels that are not 0, in the image's coordinates. */
export function spansOfMask({ x, y, width, height, mask }: MaskInBox, span: Span): void {
  for (let row = 0; row < height; row++) {
    for (let at = row * width, end = at + width; at < end; ) {
      if (mask[at] === 0) {
        at++;
        continue;
      }
      const from = at;
      while (at < end && mask[at] !== 0) at++;
      span(y + row, x + from - row * width, x + at - row * width);
    }
  }
}
