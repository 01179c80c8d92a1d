/** What comes in the place of pixels that lose their class. */
import type { ClassSpan } from './spans.ts';

/**
 * Gives pixels the class that is nearest, counted in steps to the sides: as if the classes around grew over them.
 * @param classes is not changed meanwhile unless by `span`
 * @param gone 1 for the pixels that lose their class
 * @param never a class that none of them gets
 */
export function coverFromAround(
  { width, height, classes }: { width: number; height: number; classes: Uint8Array },
  gone: Uint8Array,
  never: number | null,
  span: ClassSpan,
): void {
  /** Pixels whose class is told, in the order of their distance. */
  const queue: number[] = [];
  const value = new Uint8Array(gone.length);
  const rest = gone.slice();
  const reach = (at: number, from: number) => {
    if (rest[at] === 0) return;
    rest[at] = 0;
    value[at] = from;
    queue.push(at);
  };
  const around = (at: number, visit: (next: number) => void) => {
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at + width < gone.length) visit(at + width);
  };
  for (let at = gone.indexOf(1); at >= 0; at = gone.indexOf(1, at + 1)) {
    around(at, (next) => {
      if (gone[next] === 0 && classes[next] !== never) reach(at, classes[next]);
    });
  }
  for (let i = 0; i < queue.length; i++) around(queue[i], (next) => reach(next, value[queue[i]]));
  for (let y = 0; y < height; y++) {
    for (let x = 0, row = y * width; x < width; x++) {
      if (gone[row + x] === 0 || rest[row + x] === 1) continue;
      const from = x;
      const one = value[row + x];
      while (x < width && gone[row + x] === 1 && rest[row + x] === 0 && value[row + x] === one) x++;
      span(y, from, x, one);
      x--;
    }
  }
}
