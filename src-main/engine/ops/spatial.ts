/**
 * Resizing and average pooling of NHWC tensors, differentiable by TensorFlow.js's tape on every engine.
 *
 * Both are separable and linear: a matrix along the height and one along the width, and their transposes backwards, in
 * plain form two matrix products. Stock bilinear gradients ignore half-pixel centres, and the wasm backend has no pooling
 * gradients.
 */
import { type Tensor, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';
import { withGradient } from './with-gradient.ts';

/** Output size of a pooling window along one axis without padding. */
export function pooledSize(size: number, kernel: number, stride: number, ceil: boolean): number {
  const windows = Math[ceil ? 'ceil' : 'floor']((size - kernel) / stride) + 1;
  // A last window that would start beyond the input is dropped, as PyTorch does.
  return ceil && (windows - 1) * stride >= size ? windows - 1 : Math.max(windows, ceil ? 1 : 0);
}

/**
 * Weights of bilinear interpolation along one axis, row-major [to, from].
 * `alignCorners` off takes pixel centres at half coordinates, clamped at the border (PyTorch's convention).
 */
export function resizeMatrix(from: number, to: number, alignCorners: boolean): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const wanted = alignCorners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : ((i + 0.5) * from) / to - 0.5;
    const source = Math.min(Math.max(wanted, 0), from - 1);
    const low = Math.floor(source);
    const high = Math.min(low + 1, from - 1);
    matrix[i * from + low] += 1 - (source - low);
    matrix[i * from + high] += source - low;
  }
  return matrix;
}

/** Weights of average pooling along one axis, row-major [pooled, size]; a window averages over the pixels inside. */
export function poolMatrix(size: number, kernel: number, stride: number, ceil: boolean): Float32Array {
  const pooled = pooledSize(size, kernel, stride, ceil);
  const matrix = new Float32Array(pooled * size);
  for (let i = 0; i < pooled; i++) {
    const end = Math.min(i * stride + kernel, size);
    for (let j = i * stride; j < end; j++) matrix[i * size + j] = 1 / (end - i * stride);
  }
  return matrix;
}

/**
 * Which pixel is the nearest: `floor` the one at ⌊i · from / to⌋ (PyTorch's `nearest`), `centre` the one whose centre is
 * (PyTorch's `nearest-exact`), `corners` the same with the corner pixels' centres on each other (TensorFlow's
 * `align_corners`, halves rounded up).
 */
export type NearestRule = 'floor' | 'centre' | 'corners';

/** Weights of nearest-neighbour resizing along one axis, row-major [to, from]. */
export function nearestMatrix(from: number, to: number, rule: NearestRule): Float32Array {
  const matrix = new Float32Array(to * from);
  const source = {
    floor: (i: number) => Math.floor((i * from) / to),
    centre: (i: number) => Math.floor(((i + 0.5) * from) / to),
    corners: (i: number) => (to > 1 ? Math.round((i * (from - 1)) / (to - 1)) : 0),
  }[rule];
  for (let i = 0; i < to; i++) matrix[i * from + Math.min(source(i), from - 1)] = 1;
  return matrix;
}

/**
 * Weights of adaptive average pooling along one axis, row-major [bins, size]: bin i averages the pixels from
 * ⌊i·size/bins⌋ up to ⌈(i+1)·size/bins⌉, so that bins may overlap. As PyTorch's AdaptiveAvgPool2d.
 */
export function adaptiveMatrix(size: number, bins: number): Float32Array {
  const matrix = new Float32Array(bins * size);
  for (let i = 0; i < bins; i++) {
    const start = Math.floor((i * size) / bins);
    const end = Math.ceil(((i + 1) * size) / bins);
    for (let j = start; j < end; j++) matrix[i * size + j] = 1 / (end - start);
  }
  return matrix;
}

/** The matrix [columns, rows] of one of [rows, columns]: what applySeparable needs for its own gradient. */
export function transposed(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return Float32Array.from({ length: matrix.length }, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}

/** A matrix along the height and one along the width of NHWC tensors, row-major [to, from] each. */
type Separable = (x: Tensor4D, rows: Float32Array, columns: Float32Array) => Tensor4D;

const plainSeparable: Separable = (x, rows, columns) => {
  const [batch, height, width, channels] = x.shape;
  const toHeight = rows.length / height;
  const toWidth = columns.length / width;
  return tf.tidy(() => {
    let y: Tensor = x;
    if (toHeight !== height || !isIdentity(rows, height)) {
      const matrix = tf.tensor3d(rows, [1, toHeight, height]);
      y = tf.matMul(matrix, y.reshape([batch, height, width * channels]));
    }
    if (toWidth !== width || !isIdentity(columns, width)) {
      const matrix = tf.tensor3d(columns, [1, toWidth, width]);
      y = tf.matMul(matrix, y.reshape([batch * toHeight, width, channels]));
    }
    return y.reshape([batch, toHeight, toWidth, channels]) as Tensor4D;
  });
};

const ownSeparable: Separable = (x, rows, columns) => {
  const [, height, width] = x.shape;
  const matrices = [
    tf.tensor2d(rows, [rows.length / height, height]),
    tf.tensor2d(columns, [columns.length / width, width]),
  ];
  const [y] = runOwnKernel('Separable', [x, ...matrices], 1);
  tf.dispose(matrices);
  return y as Tensor4D;
};

export const separable = new Op('pooling by matrices', { plain: plainSeparable, own: ownSeparable }, (form) => [
  form(wave([2, 5, 6, 3]), poolMatrix(5, 2, 2, true), adaptiveMatrix(6, 4)),
  form(wave([1, 3, 2, 35]), transposed(adaptiveMatrix(7, 3), 7), transposed(poolMatrix(4, 2, 2, false), 4)),
  // Rows enough for each of many threads to take whole ones.
  form(wave([32, 17, 3, 2]), poolMatrix(17, 2, 2, true), poolMatrix(3, 2, 2, true)),
]);

/** Applies one matrix along the height and one along the width of an NHWC tensor; differentiable on every engine. */
export function applySeparable(x: Tensor4D, rows: Float32Array, columns: Float32Array): Tensor4D {
  const [, height, width] = x.shape;
  return withGradient<Tensor4D, Tensor4D>(x, (input) => ({
    value: separable.form(input, rows, columns),
    saved: [],
    gradient: (dy) => applySeparable(dy, transposed(rows, height), transposed(columns, width)),
  }));
}

function isIdentity(matrix: Float32Array, size: number): boolean {
  for (let i = 0; i < size; i++) if (matrix[i * size + i] !== 1) return false;
  return true;
}

export type Size = readonly [height: number, width: number];

interface Resize {
  forward(x: Tensor4D, to: Size, alignCorners: boolean): Tensor4D;
  /** @param from the size of the forward's input */
  gradient(dy: Tensor4D, from: Size, alignCorners: boolean): Tensor4D;
}

const plainResize: Resize = {
  forward: (x, [height, width], corners) =>
    plainSeparable(x, resizeMatrix(x.shape[1], height, corners), resizeMatrix(x.shape[2], width, corners)),
  gradient: (dy, [height, width], corners) => {
    const back = (from: number, to: number) => transposed(resizeMatrix(from, to, corners), from);
    return plainSeparable(dy, back(height, dy.shape[1]), back(width, dy.shape[2]));
  },
};

const ownResize: Resize = {
  forward: (x, size, corners) => runOwnKernel('Resize', [x], 1, { counts: counts(size, corners) })[0] as Tensor4D,
  gradient: (dy, size, corners) =>
    runOwnKernel('ResizeGrad', [dy], 1, { counts: counts(size, corners) })[0] as Tensor4D,
};

function counts([height, width]: Size, corners: boolean) {
  return { height, width, corners: corners ? 1 : 0 };
}

export const bilinear = new Op('bilinear resize', { plain: plainResize, own: ownResize }, ({ forward, gradient }) =>
  [false, true].flatMap((corners) => [
    forward(wave([2, 3, 4, 3]), [7, 5], corners),
    forward(wave([1, 9, 8, 2]), [4, 3], corners),
    gradient(wave([2, 7, 5, 3]), [3, 4], corners),
    gradient(wave([1, 4, 3, 2]), [9, 8], corners),
  ]),
);

/**
 * Bilinear resize of an NHWC tensor to [height, width] without antialiasing, differentiable on every engine.
 * As PyTorch's `interpolate(mode='bilinear', align_corners=…)`; corners are not aligned unless asked for.
 */
export function resizeBilinear(x: Tensor4D, size: Size, options: { alignCorners?: boolean } = {}): Tensor4D {
  const corners = options.alignCorners ?? false;
  const from = [x.shape[1], x.shape[2]] as const;
  if (from[0] === size[0] && from[1] === size[1]) return x.clone();
  const { forward, gradient } = bilinear.form;
  return withGradient<Tensor4D, Tensor4D>(x, (input) => ({
    value: forward(input, size, corners),
    saved: [],
    gradient: (dy) => gradient(dy, from, corners),
  }));
}

/**
 * Average pooling of an NHWC tensor with a square window and no padding, differentiable on every engine.
 * As PyTorch's `AvgPool2d(kernel, stride, ceil_mode=ceil)`: in ceil mode a window over the border averages only the
 * pixels inside. The stride is the kernel unless given.
 */
export function averagePool(x: Tensor4D, kernel: number, options: { stride?: number; ceil?: boolean } = {}): Tensor4D {
  const stride = options.stride ?? kernel;
  const ceil = options.ceil ?? false;
  return applySeparable(x, poolMatrix(x.shape[1], kernel, stride, ceil), poolMatrix(x.shape[2], kernel, stride, ceil));
}
