import { morphed } from '../labels/morphology.ts';

/**
 * Which pixels of label maps lie near a border between labels: 1 where a pixel with a neighbour (of four) of another label
 * is no further than `radius` − 1, so that a radius of 1 gives those pixels alone. Ignored pixels are a label like the
 * others here, as they are where edges are taken out of one-hot maps by morphology.
 * @param labels `count·height·width`
 */
export function nearBorders(
  labels: ArrayLike<number>,
  [count, height, width]: readonly [number, number, number],
  radius: number,
): Uint8Array {
  const pixels = height * width;
  const borders = new Uint8Array(count * pixels);
  for (let at = 0; at < borders.length; at++) {
    const x = at % width;
    const y = Math.floor(at / width) % height;
    if (x + 1 < width && labels[at] !== labels[at + 1]) borders[at] = borders[at + 1] = 1;
    if (y + 1 < height && labels[at] !== labels[at + width]) borders[at] = borders[at + width] = 1;
  }
  if (radius === 1) return borders;
  for (let n = 0; n < count; n++) {
    const one = borders.subarray(n * pixels, (n + 1) * pixels);
    one.set(morphed(one, { width, height }, 'dilate', radius - 1));
  }
  return borders;
}
