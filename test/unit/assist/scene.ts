import { randomBits } from '../../../src-main/base/random.ts';
import type { PixelBox } from '../../../src-main/contract/assist.ts';
import type { RgbImage } from '../../../src-main/datasets/codec.ts';
import type { BoxMask } from '../../../src-main/labels/spans.ts';

/** A red disc and, to its right, a blue square of the same height, on green; all with noise. Lengths are shares of the height. */
export function scene(width: number, height: number): { image: RgbImage; disc: Uint8Array; square: Uint8Array } {
  const data = new Uint8Array(width * height * 3);
  const disc = new Uint8Array(width * height);
  const square = new Uint8Array(width * height);
  for (let at = 0; at < disc.length; at++) {
    const [x, y] = [((at % width) + 0.5) / height, (Math.floor(at / width) + 0.5) / height];
    if (Math.hypot(x - 0.5, y - 0.5) < 0.25) disc[at] = 1;
    if (Math.abs(x - 1.3) < 0.25 && Math.abs(y - 0.5) < 0.25) square[at] = 1;
    const noise = randomBits(3, 'scene', at) & 31;
    const colour = disc[at] ? [190, 50, 40] : square[at] ? [40, 60, 190] : [70, 140, 60];
    for (let c = 0; c < 3; c++) data[3 * at + c] = colour[c] + noise;
  }
  return { image: { width, height, data }, disc, square };
}

/** Pixels in both over pixels in either; outside of its box an area has none. */
export function overlap(
  width: number,
  area: (PixelBox & { mask: Uint8Array }) | BoxMask | null,
  truth: Uint8Array,
): number {
  const found = new Uint8Array(truth.length);
  area?.mask.forEach((inside, i) => {
    found[(area.y + Math.floor(i / area.width)) * width + area.x + (i % area.width)] = inside;
  });
  let [both, either] = [0, 0];
  found.forEach((inside, at) => {
    both += inside & truth[at];
    either += inside | truth[at];
  });
  return both / either;
}
