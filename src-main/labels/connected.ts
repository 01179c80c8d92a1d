/** Areas that hang together: what the fill tool and the magic wand take. */
import type { Span } from './spans.ts';

/**
 * The pixels that can be reached from one by steps to the sides over pixels that belong; row by row with a stack of
 * runs, so a spiral over the whole image needs no more memory than a disc.
 * @param belongs whether a pixel (row-major place) is of the area; asked before the pixel's run is told to `span`, which
 *     may therefore change what `belongs` looks at
 */
export function connectedArea(
  { width, height }: { width: number; height: number },
  x: number,
  y: number,
  belongs: (at: number) => boolean,
  span: Span,
): void {
  if (x < 0 || y < 0 || x >= width || y >= height || !belongs(y * width + x)) return;
  const taken = new Uint8Array(width * height);
  const open = (at: number) => taken[at] === 0 && belongs(at);
  const waiting = [y * width + x];
  while (waiting.length > 0) {
    const start = waiting.pop()!;
    if (taken[start] !== 0) continue;
    const row = Math.floor(start / width);
    const first = row * width;
    let from = start;
    while (from > first && open(from - 1)) from--;
    let to = start + 1;
    while (to < first + width && open(to)) to++;
    taken.fill(1, from, to);
    // One place of each run above and below that touches this one.
    for (const step of [-width, width]) {
      if ((step < 0 && row === 0) || (step > 0 && row === height - 1)) continue;
      for (let at = from + step, before = false; at < to + step; at++) {
        const now = open(at);
        if (now && !before) waiting.push(at);
        before = now;
      }
    }
    span(row, from - first, to - first);
  }
}
