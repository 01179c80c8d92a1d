/**
 * Convolution of NHWC tensors with HWIO filters, and its two gradients, with explicit padding as PyTorch's.
 * A transposed convolution is the input gradient, run forwards.
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tf.ts';
import { concatChannels, splitChannels } from './combine.ts';
import {
  type Conv,
  type ConvGeometry,
  crop,
  isDilated,
  isSame,
  pad,
  paddedShape,
  type Shape4,
} from './conv-geometry.ts';
import { tensorflowConv } from './conv-tensorflow.ts';
import { Op, wave } from './forms.ts';
import { runKernel, runOwnKernel, withEmpty } from './kernels.ts';
import { ACTIVATIONS, type AffineActInput, affineAct } from './norm-act.ts';
import { Phases, placeBack } from './phases.ts';
import { sumPixels } from './reduce.ts';
import { pair, type Sides, sides } from './window.ts';

/** The same along both axes, and on all sides. */
export interface SquareGeometry {
  stride: number;
  dilation: number;
  padding: number;
}

/** Convolution. x: [n, h, w, in], filter: [kh, kw, in / groups, out], the output channels in the order of the groups. */
export function conv2d(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D {
  return opFor(geometry).form.forward(x, filter, geometry);
}

/** Gradient of conv2d's input, of shape [n, h, w, in]. */
export function conv2dInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  return opFor(geometry).form.input(dy, filter, shape, geometry);
}

/** Gradient of conv2d's filter, of shape [kh, kw, in / groups, out]. */
export function conv2dFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  return opFor(geometry).form.filter(x, dy, shape, geometry);
}

function opFor(geometry: ConvGeometry): Op<Conv> {
  if (isGrouped(geometry)) return groupedConv;
  if (!isDilated(geometry)) return conv;
  return pair(geometry.stride).some((step) => step > 1) ? stridedDilatedConv : dilatedConv;
}

function isGrouped({ groups = 1 }: ConvGeometry): boolean {
  return groups > 1;
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

/** The filter with zeros between its places, so that it needs no dilation any more. */
function dilated(filter: Tensor4D, { dilation }: ConvGeometry): Tensor4D {
  const [kh, kw, channels, filters] = filter.shape;
  const [dh, dw] = pair(dilation);
  const [height, width] = [dh * (kh - 1) + 1, dw * (kw - 1) + 1];
  return tf.tidy(() => {
    const image = filter.reshape<Tensor4D>([1, kh, kw, channels * filters]);
    const wide = placeBack(image, [1, height, width, channels * filters], { stride: [dh, dw], top: 0, left: 0 });
    return wide.reshape<Tensor4D>([height, width, channels, filters]);
  });
}

function plainForward(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D {
  const [stride, dilation] = [pair(geometry.stride), pair(geometry.dilation)] as [number, number][];
  return tf.tidy(() => {
    // No TensorFlow.js convolution has both; rare, so that the filter may be widened with zeros for it.
    if (isDilated(geometry) && stride.some((step) => step > 1)) {
      return plainForward(x, dilated(filter, geometry), { ...geometry, dilation: 1 });
    }
    if (isSame(x.shape, filter.shape, geometry)) return tf.conv2d(x, filter, stride, 'same', 'NHWC', dilation);
    return tf.conv2d(pad(x, sides(geometry.padding)), filter, stride, 'valid', 'NHWC', dilation);
  });
}

/** With stride 1, a convolution of dy with the filter turned round; otherwise TensorFlow.js's own. */
function plainInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const padding = sides(geometry.padding);
  const [stride, dilation] = [pair(geometry.stride), pair(geometry.dilation)];
  return tf.tidy(() => {
    if (stride.every((step) => step === 1)) {
      const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
      const [down, across] = dilation.map((step, axis) => step * (filter.shape[axis] - 1));
      const [top, bottom, left, right] = padding;
      const around: Sides = [down - top, down - bottom, across - left, across - right];
      return conv2d(dy, turned, { stride, dilation, padding: around });
    }
    const wide = isDilated(geometry) ? dilated(filter, geometry) : filter;
    const dx = tf.conv2dTranspose(dy, wide, paddedShape(shape, padding), stride as [number, number], 'valid');
    return crop(dx, padding, shape);
  });
}

/** For each place in the kernel, the product of the pixels under it with dy. */
function plainFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: ConvGeometry): Tensor4D {
  const [dh, dw] = pair(geometry.dilation);
  const [kh, kw, channels, filters] = shape;
  const [n, h, w] = dy.shape;
  return tf.tidy(() => {
    const phases = new Phases(x, geometry);
    // Turned once, so that no product has to turn its large side: WebAssembly is ten times slower there.
    const errors = tf.transpose(dy.reshape<Tensor2D>([n * h * w, filters]));
    const products: Tensor[] = [];
    for (let i = 0; i < kh; i++) {
      const rows = phases.rows(i * dh, h);
      for (let j = 0; j < kw; j++) {
        const under = phases.columns(rows, j * dw, w);
        products.push(tf.matMul(errors, under.reshape<Tensor2D>([n * h * w, channels])));
      }
    }
    return tf.transpose(tf.stack(products), [0, 2, 1]).reshape(shape) as Tensor4D;
  });
}

/** From so many channels on our own kernel for a filter's gradient is faster than oneDNN's. */
const DENSE_CHANNELS = 8;

/** oneDNN, called by our own kernels: any geometry, padding and groups included. */
const own: Conv = {
  forward: (x, filter, geometry) => ownConvAct({ x, act: 'none' }, { filter, shape: filter.shape }, geometry),
  input: (dy, filter, [, height, width], geometry) => {
    const counts = { ...ownGeometry(geometry), height, width };
    return runOwnKernel('ConvInputGrad', [dy, filter], 1, { counts })[0] as Tensor4D;
  },
  filter: (x, dy, [kernelHeight, kernelWidth], geometry) => {
    const counts = { ...ownGeometry(geometry), kernel_height: kernelHeight, kernel_width: kernelWidth };
    const dense = !isGrouped(geometry) && x.shape[3] >= DENSE_CHANNELS;
    return runOwnKernel(dense ? 'ConvDenseFilterGrad' : 'ConvFilterGrad', [x, dy], 1, { counts })[0] as Tensor4D;
  },
};

function ownConvAct(input: Followed, { filter, shape }: Prepared, geometry: ConvGeometry): Tensor4D {
  const { x, offset, addend, slope, act } = input;
  const [kernel_height, kernel_width, , filters] = shape;
  return withEmpty((none) => {
    const inputs = [x, filter, offset ?? none, addend ?? none, slope ?? none];
    const counts = { ...ownGeometry(geometry), kernel_height, kernel_width, filters, act: ACTIVATIONS.indexOf(act) };
    return runOwnKernel('Conv', inputs, 1, { counts })[0] as Tensor4D;
  });
}

function ownPack({ x, offset, addend, act }: Followed, filter: Tensor4D, geometry: ConvGeometry): Tensor {
  const [batch, height, width] = x.shape;
  const fused = { act: ACTIVATIONS.indexOf(act), bias: offset ? 1 : 0, addend: addend ? 1 : 0 };
  return runOwnKernel('ConvPack', [filter], 1, {
    counts: { ...ownGeometry(geometry), batch, height, width, ...fused },
  })[0];
}

function ownGeometry({ stride, dilation, padding, groups = 1 }: ConvGeometry) {
  const [[stride_down, stride_across], [dilation_down, dilation_across]] = [pair(stride), pair(dilation)];
  const [top, bottom, left, right] = sides(padding);
  return { stride_down, stride_across, dilation_down, dilation_across, top, bottom, left, right, groups };
}

const plain: Conv = { forward: plainForward, input: plainInputGradient, filter: plainFilterGradient };
const tensorflow = tensorflowConv();
const halves = { bfloat16: tensorflowConv('bfloat16'), float16: tensorflowConv('float16') };

/** Runs a form all three ways, on images of so many channels. */
function tryConv({ forward, input, filter }: Conv, geometry: ConvGeometry, [channels, filters] = [3, 4]): Tensor[] {
  const x = wave<Tensor4D>([1, 6, 7, channels]);
  const weights = wave<Tensor4D>([3, 3, channels / (geometry.groups ?? 1), filters], 1);
  const y = forward(x, weights, geometry);
  const dy = wave<Tensor4D>(y.shape, 2);
  return [y, input(dy, weights, x.shape, geometry), filter(x, dy, weights.shape, geometry)];
}

export const conv = new Op('convolution', { plain, tensorflow, own, ...halves }, (form) => [
  ...tryConv(form, { stride: 1, dilation: 1, padding: 1 }),
  ...tryConv(form, { stride: 2, dilation: 1, padding: 1 }, [35, 20]),
]);

/**
 * TensorFlow computes its gradients with oneDNN only, and refuses otherwise. It has no form in half precision: in
 * bfloat16 the filter's gradient kills the process on the CPU at a dilation of 16.
 */
export const dilatedConv = new Op('dilated convolution', { plain, tensorflow, own }, (form) =>
  tryConv(form, { stride: 1, dilation: 2, padding: 2 }),
);

export const stridedDilatedConv = new Op('strided and dilated convolution', { plain, own }, (form) =>
  tryConv(form, { stride: 2, dilation: 2, padding: 2 }),
);

/** TensorFlow sees the groups from the filter's channels; forwards and backwards, with oneDNN only. */
export const groupedConv = new Op<Conv>(
  'grouped convolution',
  {
    plain: {
      forward: (x, filter, geometry) =>
        byGroup(geometry, [x, filter], ([part, weights], one) => conv2d(part, weights, one)),
      input: (dy, filter, [n, h, w, channels], geometry) =>
        byGroup(geometry, [dy, filter], ([part, weights], one, groups) =>
          conv2dInputGradient(part, weights, [n, h, w, channels / groups], one),
        ),
      filter: (x, dy, [kh, kw, channels, filters], geometry) =>
        byGroup(geometry, [x, dy], ([part, error], one, groups) =>
          conv2dFilterGradient(part, error, [kh, kw, channels, filters / groups], one),
        ),
    },
    tensorflow,
    own,
  },
  (form) => [
    ...tryConv(form, { stride: 2, dilation: 1, padding: 1, groups: 2 }, [4, 6]),
    ...tryConv(form, { stride: 1, dilation: 2, padding: 2, groups: 2 }, [4, 6]),
  ],
);

/** A convolution's input, and what is done with its output: act(conv(x) [+ offset] [+ addend]). */
export type Followed = Omit<AffineActInput, 'factor' | 'offset'> & { offset?: Tensor1D };

/** A filter of this shape, or what `prepare` made of one. */
interface Prepared {
  filter: Tensor;
  shape: Shape4;
}

/** A convolution and all that follows it in a folded network, in one pass over the output. */
export interface ConvAct {
  forward(input: Followed, prepared: Prepared, geometry: ConvGeometry): Tensor4D;
  /** A filter that does not change, for inputs like this one; the caller's to dispose. */
  prepare(input: Followed, filter: Tensor4D, geometry: ConvGeometry): Tensor;
}

const plainConvAct: ConvAct = {
  forward: ({ x, offset, ...rest }, { filter }, geometry) =>
    tf.tidy(() => {
      const y = conv2d(x, filter as Tensor4D, geometry);
      if (!offset && !rest.addend && rest.act === 'none') return y;
      return affineAct.form({ ...rest, x: y, offset: offset ?? (tf.zeros([filter.shape[3]!]) as Tensor1D) });
    }),
  prepare: (_, filter) => filter.clone(),
};

export const convAct = new Op<ConvAct>(
  'convolution with activation',
  {
    plain: plainConvAct,
    // The convolution in it is then one in half precision.
    bfloat16: plainConvAct,
    float16: plainConvAct,
    own: { forward: ownConvAct, prepare: ownPack },
  },
  ({ forward, prepare }) => {
    // Large enough to reach ReLU6's upper end.
    const [x, filter] = [wave<Tensor4D>([1, 6, 7, 3]), tf.mul<Tensor4D>(wave<Tensor4D>([3, 3, 3, 20], 1), 4)];
    const [offset, slope, addend] = [
      wave<Tensor1D>([20], 2),
      wave<Tensor1D>([20], 3),
      wave<Tensor4D>([1, 6, 7, 20], 4),
    ];
    const geometry = { stride: 1, dilation: 1, padding: 1 };
    return ACTIVATIONS.flatMap((act) =>
      [
        { x, act },
        { x, offset, act },
        { x, offset, addend, act },
      ].flatMap((one) => {
        const input = { ...one, slope: act === 'prelu' ? slope : undefined };
        return [filter, prepare(input, filter, geometry)].map((given) =>
          forward(input, { filter: given, shape: filter.shape }, geometry),
        );
      }),
    );
  },
);

/** Runs something on each group's part of the last axes, and joins what comes of it along the last axis. */
function byGroup(
  { groups = 1, ...one }: ConvGeometry,
  tensors: Tensor4D[],
  run: (parts: Tensor4D[], geometry: ConvGeometry, groups: number) => Tensor4D,
): Tensor4D {
  return tf.tidy(() => {
    const parts = tensors.map((x) => splitChannels(x, Array(groups).fill(x.shape[3] / groups)));
    return concatChannels(
      Array.from({ length: groups }, (_, i) =>
        run(
          parts.map((part) => part[i]),
          one,
          groups,
        ),
      ),
    );
  });
}
