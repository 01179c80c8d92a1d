/** Windows that move over an image: strides, dilations and padding by axis. Pure numbers. */

/** One number for both axes, or [along the height, along the width]. */
export type Pair = number | readonly [number, number];

/** Pixels on each side, above and below and on the left and right, or [top, bottom, left, right]. */
export type Padding = Pair | Sides;
export type Sides = readonly [number, number, number, number];

export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

export function sides(padding: Padding): Sides {
  if (typeof padding !== 'number' && padding.length === 4) return padding;
  const [height, width] = pair(padding);
  return [height, height, width, width];
}

/** How many places a window takes along an axis of `size` pixels with `before` and `after` more around it. */
export function placesAlong(
  size: number,
  { kernel, stride, dilation, around }: { kernel: number; stride: number; dilation: number; around: number },
): number {
  return Math.floor((size + around - dilation * (kernel - 1) - 1) / stride) + 1;
}
