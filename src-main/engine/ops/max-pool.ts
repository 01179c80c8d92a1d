/** Max pooling of NHWC tensors with a square window; padding counts as −∞, as PyTorch's MaxPool2d. */
import { type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel, runOwnKernel } from './kernels.ts';
import { Phases, placeBack } from './phases.ts';
import type { PoolWindow } from './pool.ts';
import { withGradient } from './with-gradient.ts';

/** The lowest float32: WebGPU's shaders know no −∞. */
export const LOWEST = -3.4028234663852886e38;

const TRIAL = { kernel: 3, stride: 2, padding: 1 };

/** Half of the numbers are zeros, as after a ReLU, so that some windows hold equal ones. */
function trialImage(): Tensor4D {
  return tf.relu(wave<Tensor4D>([2, 6, 7, 35]));
}

/** Max pooling. */
export const maxPool = new Op(
  'max pooling',
  {
    plain: (x: Tensor4D, { kernel, stride, padding }: PoolWindow): Tensor4D =>
      tf.tidy(() => tf.maxPool(paddedForMax(x, padding), kernel, stride, 'valid')),
    own: (x, window) => runOwnKernel('MaxPool', [x], 1, { counts: { ...window } })[0] as Tensor4D,
  },
  (form) => [form(trialImage(), TRIAL)],
);

/**
 * The gradient of maxPool, from that of its output dy, its input x and the window: each window's goes to its first
 * maximum in row-major order.
 */
export const maxPoolGradient = new Op(
  'gradient of max pooling',
  {
    plain: plainGradient,
    tensorflow: nativeGradient,
    own: (dy, x, window) => runOwnKernel('MaxPoolGrad', [dy, x], 1, { counts: { ...window } })[0] as Tensor4D,
  },
  (form) => [form(wave([2, 3, 4, 35], 1), trialImage(), TRIAL)],
);

function nativeGradient(dy: Tensor4D, x: Tensor4D, { kernel, stride, padding }: PoolWindow): Tensor4D {
  return tf.tidy(() => {
    const input = paddedForMax(x, padding);
    const output = tf.maxPool(input, kernel, stride, 'valid');
    const [dx] = runKernel('MaxPoolGrad', [input, output, dy], {
      ints: { ksize: [1, kernel, kernel, 1], strides: [1, stride, stride, 1] },
      strings: { padding: 'VALID', data_format: 'NHWC' },
    });
    return tf.slice(dx as Tensor4D, [0, padding, padding, 0], x.shape);
  });
}

/** For each place in the window: the pixels under it that are the maximum, and that no earlier place was. */
function plainGradient(dy: Tensor4D, x: Tensor4D, window: PoolWindow): Tensor4D {
  const { kernel, stride, padding } = window;
  const [, height, width] = dy.shape;
  return tf.tidy(() => {
    const y = maxPool.form(x, window);
    const phases = new Phases(x, { padding, stride, fill: LOWEST });
    let left = tf.onesLike(y) as Tensor4D;
    let dx = tf.zerosLike(x) as Tensor4D;
    for (let i = 0; i < kernel; i++) {
      const rows = phases.rows(i, height);
      for (let j = 0; j < kernel; j++) {
        const under = phases.columns(rows, j, width);
        const first = tf.greaterEqual(under, y).cast('float32').mul<Tensor4D>(left);
        left = left.sub(first);
        const place = { stride, top: i - padding, left: j - padding };
        dx = dx.add(placeBack(dy.mul(first), x.shape, place));
      }
    }
    return dx;
  });
}

/** With padding that no maximum comes from. */
export function paddedForMax(x: Tensor4D, padding: number): Tensor4D {
  if (padding === 0) return x;
  const both: [number, number] = [padding, padding];
  return tf.pad(x, [[0, 0], both, both, [0, 0]], LOWEST);
}

/**
 * Max pooling whose stride is its kernel, and whose last windows may reach over the border, differentiable on every engine.
 * As PyTorch's `MaxPool2d(kernel, ceil_mode=True)`.
 */
export function ceilMaxPool(x: Tensor4D, kernel: number): Tensor4D {
  const [, height, width] = x.shape;
  const window = { kernel, stride: kernel, padding: 0 };
  const over = (size: number) => [0, Math.ceil(size / kernel) * kernel - size] as [number, number];
  return withGradient<Tensor4D, Tensor4D>(x, (input) => {
    const padded = tf.pad(input, [[0, 0], over(height), over(width), [0, 0]], LOWEST);
    return {
      value: maxPool.form(padded, window),
      saved: [padded],
      gradient: (dy, [kept]) => tf.slice(maxPoolGradient.form(dy, kept as Tensor4D, window), [0, 0, 0, 0], x.shape),
    };
  });
}
