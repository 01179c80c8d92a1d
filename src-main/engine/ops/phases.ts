/** Pixels of NHWC images that lie under one place of a window that moves in strides, and the way back. */
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../tf.ts';

/**
 * Every stride-th row and column of padded images, from any start on. The rows of one phase lie side by side once
 * `stride` of them are seen as one, so plain slices do: strided ones are forty times slower in WebAssembly.
 */
export class Phases {
  private readonly image: Tensor4D;
  private readonly stride: number;

  /** @param fill what padding counts as */
  constructor(x: Tensor4D, { padding, stride, fill = 0 }: { padding: number; stride: number; fill?: number }) {
    const around = (size: number): [number, number] => {
      const odd = (size + 2 * padding) % stride;
      return [padding, padding + (odd ? stride - odd : 0)];
    };
    this.image = tf.pad(x, [[0, 0], around(x.shape[1]), around(x.shape[2]), [0, 0]], fill);
    this.stride = stride;
  }

  /** Rows start, start + stride, …, `count` of them: [n, count, width, channels]. */
  rows(start: number, count: number): Tensor4D {
    const { image, stride: s } = this;
    const [n, height, width, channels] = image.shape;
    const groups = image.reshape<Tensor4D>([n, height / s, s, width * channels]);
    const rows = tf.slice(groups, [0, Math.floor(start / s), start % s, 0], [n, count, 1, width * channels]);
    return rows.reshape([n, count, width, channels]);
  }

  /** Columns start, start + stride, …, `count` of them, of such rows: [n, rows, count, channels]. */
  columns(rows: Tensor4D, start: number, count: number): Tensor4D {
    const s = this.stride;
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
  { stride, top, left }: { stride: number; top: number; left: number },
): Tensor4D {
  const [, rows, columns] = x.shape;
  const apart = (values: Tensor3D) =>
    stride === 1
      ? values
      : tf.pad(values, [
          [0, 0],
          [0, stride - 1],
          [0, 0],
        ]);
  const wide = apart(x.reshape<Tensor3D>([n * rows * columns, 1, channels])).reshape<Tensor3D>([
    n * rows,
    1,
    columns * stride * channels,
  ]);
  const spread = apart(wide).reshape<Tensor4D>([n, rows * stride, columns * stride, channels]);
  const fitted = (at: number, size: number, wanted: number): [number, number] => [
    Math.max(at, 0),
    Math.max(wanted - at - size, 0),
  ];
  const paddings = [[0, 0], fitted(top, rows * stride, height), fitted(left, columns * stride, width), [0, 0]];
  const padded = tf.pad(spread, paddings as [number, number][]);
  return tf.slice(padded, [0, Math.max(-top, 0), Math.max(-left, 0), 0], [n, height, width, channels]);
}
