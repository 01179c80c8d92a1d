import { type Tensor4D, tf } from '../tf.ts';
import type { Sides } from './window.ts';

/** Zeros around the pixels of an NHWC tensor, and so many channels of zeros after its own. */
export function pad(x: Tensor4D, [top, bottom, left, right]: Sides, channels: number): Tensor4D {
  return tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, channels],
  ]);
}

/** The gradient of pad's input, of this shape. */
export function padGradient(dy: Tensor4D, [top, , left]: Sides, shape: readonly number[]): Tensor4D {
  return tf.slice(dy, [0, top, left, 0], [...shape] as Tensor4D['shape']);
}
