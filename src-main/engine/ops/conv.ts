/**
 * Convolution of NHWC tensors with HWIO filters, and its two gradients, with PyTorch's symmetric padding.
 * A transposed convolution is the input gradient, run forwards.
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tf.ts';
import { type Forms, Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { Phases } from './phases.ts';
import { sumPixels } from './reduce.ts';

export interface ConvGeometry {
  stride: number;
  dilation: number;
  /** Zeros on each side. */
  padding: number;
}

type Shape4 = [number, number, number, number];

/** Convolution. x: [n, h, w, in], filter: [k, k, in, out]. */
export function conv2d(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D {
  const { stride, dilation } = geometry;
  if (isSame(x.shape, filter.shape, geometry)) return tf.conv2d(x, filter, stride, 'same', 'NHWC', dilation);
  const padded = pad(x, geometry.padding);
  const y = tf.conv2d(padded, filter, stride, 'valid', 'NHWC', dilation);
  padded.dispose();
  return y;
}

/** Gradient of conv2d's input, of shape [n, h, w, in]. */
export function conv2dInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  return gradientsFor(geometry).input(dy, filter, shape, geometry);
}

/** Gradient of conv2d's filter, of shape [k, k, in, out]. */
export function conv2dFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  return gradientsFor(geometry).filter(x, dy, shape, geometry);
}

function gradientsFor({ dilation }: ConvGeometry): Gradients {
  return dilation > 1 ? dilatedConvGradients.form : convGradients.form;
}

export const bias = new Op(
  'bias',
  {
    plain: (x: Tensor4D, bias: Tensor1D) => x.add<Tensor4D>(bias),
    tensorflow: (x, bias) => runKernel('BiasAdd', [x, bias], { strings: { data_format: 'NHWC' } })[0] as Tensor4D,
  },
  (form) => [form(wave([1, 3, 2, 3]), wave([3], 1))],
);

/** x + bias, the bias of shape [channels]. */
export function addBias(x: Tensor4D, values: Tensor1D): Tensor4D {
  return bias.form(x, values);
}

/** Gradient of addBias's bias. */
export function biasGradient(dy: Tensor4D): Tensor1D {
  return sumPixels(dy);
}

function pad(x: Tensor4D, padding: number): Tensor4D {
  if (padding === 0) return x.clone();
  const both: [number, number] = [padding, padding];
  return tf.pad(x, [[0, 0], both, both, [0, 0]]);
}

/** Undoes pad in a gradient. Disposes x. */
function crop(x: Tensor4D, padding: number, [n, h, w, c]: Shape4): Tensor4D {
  if (padding === 0) return x;
  const cropped = tf.slice(x, [0, padding, padding, 0], [n, h, w, c]);
  x.dispose();
  return cropped;
}

function paddedShape([n, h, w, c]: Shape4, padding: number): Shape4 {
  return [n, h + 2 * padding, w + 2 * padding, c];
}

/** Whether TensorFlow's SAME padding is this padding: it puts an odd pixel at the end, PyTorch never does. */
function isSame([, h, w]: Shape4, [kernel]: Shape4, { stride, dilation, padding }: ConvGeometry): boolean {
  const reach = dilation * (kernel - 1) + 1;
  return [h, w].every((size) => Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0) === 2 * padding);
}

/** Gradient kernels exist for SAME and VALID only, so other paddings are made explicit first. */
function nativeInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const same = isSame(shape, filter.shape, geometry);
  const padding = same ? 0 : geometry.padding;
  const sizes = tf.tensor1d(paddedShape(shape, padding), 'int32');
  const [dx] = runKernel('Conv2DBackpropInput', [sizes, filter, dy], kernelAttributes(geometry, same));
  sizes.dispose();
  return crop(dx as Tensor4D, padding, shape);
}

function nativeFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const same = isSame(x.shape, shape, geometry);
  const padded = pad(x, same ? 0 : geometry.padding);
  const sizes = tf.tensor1d(shape, 'int32');
  const [dw] = runKernel('Conv2DBackpropFilter', [padded, sizes, dy], kernelAttributes(geometry, same));
  sizes.dispose();
  padded.dispose();
  return dw as Tensor4D;
}

function kernelAttributes({ stride, dilation }: ConvGeometry, same: boolean) {
  return {
    ints: { strides: [1, stride, stride, 1], dilations: [1, dilation, dilation, 1] },
    strings: { padding: same ? 'SAME' : 'VALID', data_format: 'NHWC' },
    bools: { use_cudnn_on_gpu: true },
  };
}

/** With stride 1, a convolution of dy with the filter turned round; otherwise TensorFlow.js's own. */
function plainInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const { stride, dilation, padding } = geometry;
  const reach = dilation * (filter.shape[0] - 1);
  return tf.tidy(() => {
    if (stride === 1) {
      const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
      return conv2d(dy, turned, { stride, dilation, padding: reach - padding });
    }
    if (dilation > 1) throw new Error('A convolution with both stride and dilation has no plain gradient yet.');
    const dx = tf.conv2dTranspose(dy, filter, paddedShape(shape, padding), stride, 'valid');
    return crop(dx, padding, shape);
  });
}

/** For each place in the kernel, the product of the pixels under it with dy. */
function plainFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const { stride, dilation, padding } = geometry;
  const [kernel, , channels, filters] = shape;
  const [n, h, w] = dy.shape;
  return tf.tidy(() => {
    const phases = new Phases(x, { padding, stride });
    // Turned once, so that no product has to turn its large side: WebAssembly is ten times slower there.
    const errors = tf.transpose(dy.reshape<Tensor2D>([n * h * w, filters]));
    const products: Tensor[] = [];
    for (let i = 0; i < kernel; i++) {
      const rows = phases.rows(i * dilation, h);
      for (let j = 0; j < kernel; j++) {
        const under = phases.columns(rows, j * dilation, w);
        products.push(tf.matMul(errors, under.reshape<Tensor2D>([n * h * w, channels])));
      }
    }
    return tf.transpose(tf.stack(products), [0, 2, 1]).reshape(shape) as Tensor4D;
  });
}

interface Gradients {
  input(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D;
  filter(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D;
}

const forms: Forms<Gradients> = {
  plain: { input: plainInputGradient, filter: plainFilterGradient },
  tensorflow: { input: nativeInputGradient, filter: nativeFilterGradient },
};

function tryGradients({ input, filter }: Gradients, geometry: ConvGeometry): Tensor[] {
  const [x, weights, dy] = [
    wave<Tensor4D>([1, 6, 7, 3]),
    wave<Tensor4D>([3, 3, 3, 4], 1),
    wave<Tensor4D>([1, 6, 7, 4], 2),
  ];
  return [input(dy, weights, x.shape, geometry), filter(x, dy, weights.shape, geometry)];
}

export const convGradients = new Op('gradient of convolution', forms, (form) =>
  tryGradients(form, { stride: 1, dilation: 1, padding: 1 }),
);

/** TensorFlow computes these with oneDNN only, and refuses otherwise. */
export const dilatedConvGradients = new Op('gradient of dilated convolution', forms, (form) =>
  tryGradients(form, { stride: 1, dilation: 2, padding: 2 }),
);
