import { type Tensor4D, tf } from '../tf.ts';
import type { Sides } from './window.ts';

/** Zeros around the pixels of an NHWC tensor. */
export function pad(x: Tensor4D, [top, bottom, left, right]: Sides): Tensor4D {
  return tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** The gradient of pad's input, of a height and width. */
export function padGradient(dy: Tensor4D, [top, , left]: Sides, [height, width]: readonly [number, number]): Tensor4D {
  return tf.slice(dy, [0, top, left, 0], [dy.shape[0], height, width, dy.shape[3]]);
}
