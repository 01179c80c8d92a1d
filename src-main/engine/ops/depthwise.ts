/**
 * Depthwise convolution of NHWC tensors and its two gradients, with PyTorch's symmetric padding. The filter is
 * [k, k, channels, m]: each channel gives m of the output, channel c those from c·m on, as PyTorch's Conv2d(c, c·m, k,
 * groups=c). Stride or dilation is 1.
 */
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import type { SquareGeometry } from './conv.ts';
import type { Shape4 } from './conv-geometry.ts';
import { Op, wave } from './forms.ts';
import { runKernel, runOwnKernel, withEmpty } from './kernels.ts';
import { ACTIVATIONS, type AffineActInput, affineAct } from './norm-act.ts';
import { Phases, placeBack } from './phases.ts';
import { sumPixels } from './reduce.ts';

/** Depthwise convolution. x: [n, h, w, c], filter: [k, k, c, m]; the result has c·m channels. */
export function depthwise2d(x: Tensor4D, filter: Tensor4D, geometry: SquareGeometry): Tensor4D {
  return depthwise.form.forward(x, filter, geometry);
}

/** Gradient of depthwise2d's input, of shape [n, h, w, c]. */
export function depthwise2dInputGradient(
  dy: Tensor4D,
  filter: Tensor4D,
  shape: Shape4,
  geometry: SquareGeometry,
): Tensor4D {
  return depthwise.form.input(dy, filter, shape, geometry);
}

/** Gradient of depthwise2d's filter, of shape [k, k, c, m]. */
export function depthwise2dFilterGradient(
  x: Tensor4D,
  dy: Tensor4D,
  shape: Shape4,
  geometry: SquareGeometry,
): Tensor4D {
  return depthwise.form.filter(x, dy, shape, geometry);
}

interface Depthwise extends Gradients {
  forward(x: Tensor4D, filter: Tensor4D, geometry: SquareGeometry): Tensor4D;
}

interface Gradients {
  input(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D;
  filter(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D;
}

function generalForward(x: Tensor4D, filter: Tensor4D, geometry: SquareGeometry): Tensor4D {
  return tf.tidy(() => {
    const blocks = new Blocks(x.shape, geometry);
    const y = tf.depthwiseConv2d(blocks.split(x), filter, geometry.stride, 'valid');
    return blocks.joinOutput(y);
  });
}

export const depthwiseGradients = new Op<Gradients>(
  'gradient of depthwise convolution',
  {
    plain: { input: plainInputGradient, filter: plainFilterGradient },
    tensorflow: { input: nativeInputGradient, filter: nativeFilterGradient },
  },
  ({ input, filter }) => {
    const [x, weights] = [wave<Tensor4D>([1, 5, 6, 3]), wave<Tensor4D>([3, 3, 3, 2], 1)];
    return [
      { stride: 2, dilation: 1, padding: 1 },
      { stride: 1, dilation: 2, padding: 2 },
    ].flatMap((geometry) => {
      const dy = wave<Tensor4D>(generalForward(x, weights, geometry).shape, 2);
      return [input(dy, weights, x.shape, geometry), filter(x, dy, weights.shape, geometry)];
    });
  },
);

const general: Depthwise = {
  forward: generalForward,
  input: (...args) => depthwiseGradients.form.input(...args),
  filter: (...args) => depthwiseGradients.form.filter(...args),
};

const own: Depthwise = {
  forward: (x, filter, geometry) => ownForward({ x, act: 'none' }, filter, geometry),
  input: (dy, filter, [, height, width], geometry) =>
    callOwn('DepthwiseInputGrad', [dy, filter], { ...geometry, height, width }),
  filter: (x, dy, [kernelHeight, kernelWidth], geometry) =>
    callOwn('DepthwiseFilterGrad', [x, dy], { ...geometry, kernelHeight, kernelWidth }),
};

function ownForward({ x, offset, slope, act }: Followed, filter: Tensor4D, geometry: SquareGeometry): Tensor4D {
  return withEmpty((none) => {
    const counts = { ...geometry, act: ACTIVATIONS.indexOf(act) };
    return runOwnKernel('Depthwise', [x, filter, offset ?? none, slope ?? none], 1, { counts })[0] as Tensor4D;
  });
}

function callOwn(name: string, inputs: Tensor4D[], counts: SquareGeometry & Record<string, number>): Tensor4D {
  return runOwnKernel(name, inputs, 1, { counts })[0] as Tensor4D;
}

export const depthwise = new Op<Depthwise>('depthwise convolution', { plain: general, own }, (form) =>
  [
    { channels: 35, times: 1, stride: 2, dilation: 1, padding: 1 },
    { channels: 35, times: 1, stride: 1, dilation: 2, padding: 2 },
    { channels: 6, times: 6, stride: 2, dilation: 1, padding: 1 },
    { channels: 6, times: 6, stride: 1, dilation: 1, padding: 1 },
  ].flatMap(({ channels, times, ...geometry }) => {
    const [x, weights] = [wave<Tensor4D>([2, 6, 17, channels]), wave<Tensor4D>([3, 3, channels, times], 1)];
    const y = form.forward(x, weights, geometry);
    const dy = wave<Tensor4D>(y.shape, 2);
    return [y, form.input(dy, weights, x.shape, geometry), form.filter(x, dy, weights.shape, geometry)];
  }),
);

/** A convolution's input, and what is done with its output: act(conv(x) + offset). */
type Followed = Pick<AffineActInput, 'x' | 'slope' | 'act'> & { offset?: Tensor1D };

/** A depthwise convolution with an offset per output channel and an activation, as a folded network has it. */
export const depthwiseAct = new Op(
  'depthwise convolution with activation',
  {
    plain: ({ x, ...line }: AffineActInput, filter: Tensor4D, geometry: SquareGeometry): Tensor4D => {
      const y = depthwise2d(x, filter, geometry);
      const output = affineAct.form({ ...line, x: y });
      y.dispose();
      return output;
    },
    own: ownForward,
  },
  (form) => {
    const [x, filter] = [wave<Tensor4D>([1, 6, 17, 6]), tf.mul<Tensor4D>(wave<Tensor4D>([3, 3, 6, 3], 1), 4)];
    const [offset, slope] = [wave<Tensor1D>([18], 2), wave<Tensor1D>([18], 3)];
    const geometry = { stride: 1, dilation: 1, padding: 1 };
    return ACTIVATIONS.map((act) =>
      form({ x, offset, slope: act === 'prelu' ? slope : undefined, act }, filter, geometry),
    );
  },
);

function nativeInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D {
  return tf.tidy(() => {
    const blocks = new Blocks(shape, geometry);
    const inputs = [tf.tensor1d(blocks.shape, 'int32'), filter, blocks.splitOutput(dy)];
    const [dx] = runKernel('DepthwiseConv2dNativeBackpropInput', inputs, kernelAttributes(geometry.stride));
    return blocks.join(dx as Tensor4D);
  });
}

function nativeFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D {
  return tf.tidy(() => {
    const blocks = new Blocks(x.shape, geometry);
    const inputs = [blocks.split(x), tf.tensor1d(shape, 'int32'), blocks.splitOutput(dy)];
    return runKernel('DepthwiseConv2dNativeBackpropFilter', inputs, kernelAttributes(geometry.stride))[0] as Tensor4D;
  });
}

function kernelAttributes(stride: number) {
  return {
    ints: { strides: [1, stride, stride, 1], dilations: [1, 1, 1, 1] },
    strings: { padding: 'VALID', data_format: 'NHWC' },
  };
}

/**
 * A dilated convolution as one without dilation, with every d-th row and column as images of their own. On the CPU
 * TensorFlow's kernels refuse dilations forwards, unless oneDNN is there, and take no notice of them backwards, which
 * gives wrong numbers.
 */
class Blocks {
  /** Of the padded images, split. */
  readonly shape: Shape4;
  private readonly paddings: [number, number][];
  private readonly fill: [number, number][];
  private readonly dilation: number;

  constructor([n, h, w, c]: Shape4, { dilation: d, padding }: SquareGeometry) {
    const more = [h, w].map((size) => (d - ((size + 2 * padding) % d)) % d);
    this.dilation = d;
    this.fill = more.map((extra) => [0, extra]);
    this.paddings = more.map((extra) => [padding, padding + extra]);
    this.shape = [n * d * d, (h + 2 * padding + more[0]) / d, (w + 2 * padding + more[1]) / d, c];
  }

  split(x: Tensor4D): Tensor4D {
    if (this.dilation === 1) return tf.pad(x, [[0, 0], ...this.paddings, [0, 0]]);
    return tf.spaceToBatchND(x, [this.dilation, this.dilation], this.paddings);
  }

  join(x: Tensor4D): Tensor4D {
    if (this.dilation === 1) return crop(x, this.paddings);
    return tf.batchToSpaceND(x, [this.dilation, this.dilation], this.paddings);
  }

  splitOutput(dy: Tensor4D): Tensor4D {
    return this.dilation === 1 ? dy : tf.spaceToBatchND(dy, [this.dilation, this.dilation], this.fill);
  }

  joinOutput(y: Tensor4D): Tensor4D {
    return this.dilation === 1 ? y : tf.batchToSpaceND(y, [this.dilation, this.dilation], this.fill);
  }
}

function crop(x: Tensor4D, [rows, columns]: [number, number][]): Tensor4D {
  const [n, h, w, c] = x.shape;
  return tf.slice(x, [0, rows[0], columns[0], 0], [n, h - rows[0] - rows[1], w - columns[0] - columns[1], c]);
}

/** A depthwise convolution of dy, its pixels `stride` apart, with the filter turned round. */
function plainInputGradient(dy: Tensor4D, filter: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D {
  const { stride, dilation, padding } = geometry;
  const [n, h, w, c] = shape;
  const [kernel, , , m] = filter.shape;
  const reach = dilation * (kernel - 1);
  return tf.tidy(() => {
    const around: Shape4 = [n, h + reach, w + reach, c * m];
    const apart = placeBack(dy, around, { stride, top: reach - padding, left: reach - padding });
    const turned = tf.reverse(filter, [0, 1]).reshape<Tensor4D>([kernel, kernel, c * m, 1]);
    const each = generalForward(apart, turned, { stride: 1, dilation, padding: 0 });
    return m === 1 ? each : each.reshape([n, h, w, c, m]).sum<Tensor4D>(4);
  });
}

/** For each place in the kernel, the pixels under it times dy, summed over all pixels. */
function plainFilterGradient(x: Tensor4D, dy: Tensor4D, shape: Shape4, geometry: SquareGeometry): Tensor4D {
  const { stride, dilation, padding } = geometry;
  const [kernel, , c, m] = shape;
  const [n, h, w] = dy.shape;
  return tf.tidy(() => {
    const phases = new Phases(x, { padding, stride });
    const errors = dy.reshape<Tensor4D>([n, h, w * c, m]);
    const sums: Tensor[] = [];
    for (let i = 0; i < kernel; i++) {
      const rows = phases.rows(i * dilation, h);
      for (let j = 0; j < kernel; j++) {
        const under = phases.columns(rows, j * dilation, w).reshape<Tensor4D>([n, h, w * c, 1]);
        sums.push(sumPixels(under.mul<Tensor4D>(errors).reshape<Tensor4D>([n, h, w, c * m])));
      }
    }
    return tf.stack(sums).reshape<Tensor4D>(shape);
  });
}
