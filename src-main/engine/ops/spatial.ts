/**
 * Resizing and average pooling of NHWC tensors, differentiable by TensorFlow.js's tape on every engine.
 *
 * Both are separable and linear, so they are two matrix products, one along the height and one along the width:
 * matrix products have right gradients on every backend, while stock bilinear gradients ignore half-pixel centres and
 * the wasm backend has no pooling gradients.
 */
import { type Tensor, type Tensor4D, tf } from '../tf.ts';

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

/** Weights of nearest-neighbour resizing along one axis, row-major [to, from]. As PyTorch's `mode='nearest'`. */
export function nearestMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) matrix[i * from + Math.min(Math.floor((i * from) / to), from - 1)] = 1;
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

/** Applies one matrix along the height and one along the width of an NHWC tensor. */
export function applySeparable(x: Tensor4D, rows: Float32Array, columns: Float32Array): Tensor4D {
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
}

function isIdentity(matrix: Float32Array, size: number): boolean {
  for (let i = 0; i < size; i++) if (matrix[i * size + i] !== 1) return false;
  return true;
}

/**
 * Bilinear resize of an NHWC tensor to [height, width] without antialiasing, differentiable on every engine.
 * As PyTorch's `interpolate(mode='bilinear', align_corners=…)`; corners are not aligned unless asked for.
 */
export function resizeBilinear(
  x: Tensor4D,
  [height, width]: readonly [number, number],
  options: { alignCorners?: boolean } = {},
): Tensor4D {
  const corners = options.alignCorners ?? false;
  return applySeparable(x, resizeMatrix(x.shape[1], height, corners), resizeMatrix(x.shape[2], width, corners));
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
