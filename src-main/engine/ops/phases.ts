/** Pixels of NHWC images that lie under one place of a window that moves in strides, and the way back. */
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { type Padding, type Pair, pair, sides } from './window.ts';

/**
 * Every stride-th row and column of padded images, from any start on. The rows of one phase lie side by side once
 * `stride` of them are seen as one, so plain slices do: strided ones are forty times slower in WebAssembly.
 */
export class Phases {
  private readonly image: Tensor4D;
  private readonly strides: readonly [number, number];

  /** @param fill what padding counts as */
  constructor(x: Tensor4D, { padding, stride, fill = 0 }: { padding: Padding; stride: Pair; fill?: number }) {
    const [top, bottom, left, right] = sides(padding);
    this.strides = pair(stride);
    const around = (size: number, before: number, after: number, step: number): [number, number] => {
      const odd = (size + before + after) % step;
      return [before, after + (odd ? step - odd : 0)];
    };
    const rows = around(x.shape[1], top, bottom, this.strides[0]);
    const columns = around(x.shape[2], left, right, this.strides[1]);
    this.image = tf.pad(x, [[0, 0], rows, columns, [0, 0]], fill);
  }

  /** Rows start, start + stride, …, `count` of them: [n, count, width, channels]. */
  rows(start: number, count: number): Tensor4D {
    const { image } = this;
    const [s] = this.strides;
    const [n, height, width, channels] = image.shape;
    const groups = image.reshape<Tensor4D>([n, height / s, s, width * channels]);
    const rows = tf.slice(groups, [0, Math.floor(start / s), start % s, 0], [n, count, 1, width * channels]);
    return rows.reshape([n, count, width, channels]);
  }

  /** Columns start, start + stride, …, `count` of them, of such rows: [n, rows, count, channels]. */
  columns(rows: Tensor4D, start: number, count: number): Tensor4D {
    const s = this.strides[1];
    const [n, height, width, channels] = rows.shape;
    if (s === 1) {
      // Whole runs of pixels: WebAssembly copies a slice by its last axis.
      const lines = rows.reshape<Tensor2D>([n * height, width * channels]);
      const run = tf.slice(lines, [0, start * channels], [n * height, count * channels]);
      return run.reshape([n, height, count, channels]);
    }
    const groups = rows.reshape<Tensor4D>([n, height, width / s, s * channels]);
    return tf.slice(groups, [0, 0, Math.floor(start / s), (start % s) * channels], [n, height, count, channels]);
  }
}

/**
 * Pixels put `stride` apart into zeros of the given shape, the first at (top, left), which may lie outside: the
 * gradient of taking them. Call it under tidy.
 */
export function placeBack(
  x: Tensor4D,
  [n, height, width, channels]: readonly number[],
  { stride, top, left }: { stride: Pair; top: number; left: number },
): Tensor4D {
  const [, rows, columns] = x.shape;
  const [down, across] = pair(stride);
  const apart = (values: Tensor3D, step: number) =>
    step === 1
      ? values
      : tf.pad(values, [
          [0, 0],
          [0, step - 1],
          [0, 0],
        ]);
  const columnsApart = apart(x.reshape<Tensor3D>([n * rows * columns, 1, channels]), across);
  const lines = columnsApart.reshape<Tensor3D>([n * rows, 1, columns * across * channels]);
  const spread = apart(lines, down).reshape<Tensor4D>([n, rows * down, columns * across, channels]);
  const fitted = (at: number, size: number, wanted: number): [number, number] => [
    Math.max(at, 0),
    Math.max(wanted - at - size, 0),
  ];
  const paddings = [[0, 0], fitted(top, rows * down, height), fitted(left, columns * across, width), [0, 0]];
  const padded = tf.pad(spread, paddings as [number, number][]);
  return tf.slice(padded, [0, Math.max(-top, 0), Math.max(-left, 0), 0], [n, height, width, channels]);
}
