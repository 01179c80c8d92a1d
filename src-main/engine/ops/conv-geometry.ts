/** The window of a convolution, its padding made explicit where kernels want that, and what a way to compute it is. */
import { type Tensor4D, tf } from '../tf.ts';
import { type Padding, type Pair, pair, type Sides, sides } from './window.ts';

export interface ConvGeometry {
  stride: Pair;
  dilation: Pair;
  /** Zeros around the image. */
  padding: Padding;
  /** Both sides' channels fall into so many groups, each convolved with its own; 1 where not given. */
  groups?: number;
}

export type Shape4 = [number, number, number, number];

/** A way to compute a convolution, and the gradients of its input and of its filter (see conv2d). */
export interface Conv {
  forward(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D;
  input(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D;
  filter(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D;
}

export function isDilated({ dilation }: ConvGeometry): boolean {
  return pair(dilation).some((step) => step > 1);
}

/** Zeros around an image; a negative number takes pixels away. The caller disposes the answer. */
export function pad(x: Tensor4D, [top, bottom, left, right]: Sides): Tensor4D {
  if (top === 0 && bottom === 0 && left === 0 && right === 0) return x.clone();
  const more = (value: number) => Math.max(value, 0);
  const rows: [number, number] = [more(top), more(bottom)];
  const columns: [number, number] = [more(left), more(right)];
  if ([top, bottom, left, right].every((value) => value >= 0)) return tf.pad(x, [[0, 0], rows, columns, [0, 0]]);
  const [n, h, w, c] = x.shape;
  return tf.tidy(() => {
    const padded = tf.pad(x, [[0, 0], rows, columns, [0, 0]]);
    return tf.slice(padded, [0, more(-top), more(-left), 0], [n, h + top + bottom, w + left + right, c]);
  });
}

/** Undoes pad in a gradient. Disposes x. */
export function crop(x: Tensor4D, [top, , left]: Sides, shape: Shape4): Tensor4D {
  if (x.shape.every((size, i) => size === shape[i])) return x;
  const cropped = tf.slice(x, [0, top, left, 0], shape);
  x.dispose();
  return cropped;
}

export function paddedShape([n, h, w, c]: Shape4, [top, bottom, left, right]: Sides): Shape4 {
  return [n, h + top + bottom, w + left + right, c];
}

/** Whether TensorFlow's SAME padding is this padding: it puts an odd pixel at the end. */
export function isSame(shape: Shape4, filter: Shape4, geometry: ConvGeometry): boolean {
  const [stride, dilation] = [pair(geometry.stride), pair(geometry.dilation)];
  const [top, bottom, left, right] = sides(geometry.padding);
  return [
    [top, bottom],
    [left, right],
  ].every(([before, after], axis) => {
    const size = shape[axis + 1];
    const reach = dilation[axis] * (filter[axis] - 1) + 1;
    const around = Math.max((Math.ceil(size / stride[axis]) - 1) * stride[axis] + reach - size, 0);
    return before === Math.floor(around / 2) && before + after === around;
  });
}
