/** Layers that methods have of their own (adapters, generators, discriminators), differentiable with respect to input and arrays. */
import { conv2d, conv2dFilterGradient, conv2dInputGradient, type SquareGeometry } from '../engine/ops/conv.ts';
import type { Shape4 } from '../engine/ops/conv-geometry.ts';
import { withGradient } from '../engine/ops/with-gradient.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../engine/tf.ts';
import type { OwnArray } from './method.ts';

type Own = ReadonlyMap<string, Tensor>;

export interface ConvSettings {
  stride?: number;
  /** Zeros on each side. */
  padding?: number;
  /** Its filter, where that is not `NAME.weight` as it is. */
  filter?: Tensor4D;
  /** Whether its arrays are constant, so that no gradient of the filter is computed. */
  constant?: boolean;
}

/**
 * The arrays of a convolution: `NAME.weight` [size, size, inputs, outputs] and `NAME.bias` [outputs], begun as PyTorch's
 * Conv2d begins: uniform within 1/√(size² · inputs).
 */
export function convArrays(
  name: string,
  size: number,
  inputs: number,
  outputs: number,
  { bias = true, learns = 'loss' as OwnArray['learns'] } = {},
): OwnArray[] {
  const init = { kind: 'uniform', bound: 1 / Math.sqrt(size * size * inputs) } as const;
  return [
    { name: `${name}.weight`, shape: [size, size, inputs, outputs], init, learns },
    ...(bias ? [{ name: `${name}.bias`, shape: [outputs], init, learns }] : []),
  ];
}

/** That convolution of NHWC tensors. */
export function convolution(
  x: Tensor4D,
  own: Own,
  name: string,
  { stride = 1, padding = 0, filter = own.get(`${name}.weight`) as Tensor4D, constant = false }: ConvSettings = {},
): Tensor4D {
  const convolved = constant
    ? convolvedBy(x, filter, { stride, dilation: 1, padding })
    : convolvedWith(x, filter, { stride, dilation: 1, padding });
  const bias = own.get(`${name}.bias`);
  return bias ? convolved.add(bias) : convolved;
}

/** Differentiable with respect to x alone. */
function convolvedBy(x: Tensor4D, filter: Tensor4D, geometry: SquareGeometry): Tensor4D {
  return withGradient<Tensor4D, Tensor4D>(x, (image) => ({
    value: conv2d(image, filter, geometry),
    saved: [filter],
    gradient: (dy, [w]) => conv2dInputGradient(dy, w as Tensor4D, image.shape as Shape4, geometry),
  }));
}

function convolvedWith(x: Tensor4D, filter: Tensor4D, geometry: SquareGeometry): Tensor4D {
  const op = tf.customGrad((...args) => {
    const [image, filter, save] = args as unknown as [Tensor4D, Tensor4D, (tensors: Tensor[]) => void];
    save([image, filter]);
    return {
      value: conv2d(image, filter, geometry),
      gradFunc: (dy: Tensor, [x, w]: Tensor[]) => [
        conv2dInputGradient(dy as Tensor4D, w as Tensor4D, x.shape as Shape4, geometry),
        conv2dFilterGradient(x as Tensor4D, dy as Tensor4D, w.shape as Shape4, geometry),
      ],
    };
  });
  return op(x, filter) as Tensor4D;
}

/**
 * The arrays of a 1×1 convolution: `NAME.weight` [inputs, outputs] and `NAME.bias` [outputs], begun as PyTorch's Conv2d
 * begins: uniform within 1/√inputs.
 */
export function pointwiseArrays(
  name: string,
  inputs: number,
  outputs: number,
  { bias = true, learns = 'loss' as OwnArray['learns'] } = {},
): OwnArray[] {
  const init = { kind: 'uniform', bound: 1 / Math.sqrt(inputs) } as const;
  return [
    { name: `${name}.weight`, shape: [inputs, outputs], init, learns },
    ...(bias ? [{ name: `${name}.bias`, shape: [outputs], init, learns }] : []),
  ];
}

/** That convolution of NHWC tensors. */
export function pointwise(x: Tensor4D, own: Own, name: string): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const weight = own.get(`${name}.weight`) as Tensor2D;
  const bias = own.get(`${name}.bias`);
  const product = tf.matMul(x.reshape<Tensor2D>([-1, channels]), weight);
  return (bias ? product.add(bias) : product).reshape([batch, height, width, weight.shape[1]]);
}

/** The arrays of a batch norm that always goes by the batch: `NAME.gamma` and `NAME.beta`, [channels]. */
export function batchNormArrays(name: string, channels: number, learns: OwnArray['learns'] = 'loss'): OwnArray[] {
  const constant = (value: number) => ({ kind: 'constant', value }) as const;
  return [
    { name: `${name}.gamma`, shape: [channels], init: constant(1), learns },
    { name: `${name}.beta`, shape: [channels], init: constant(0), learns },
  ];
}

/** γ (x − mean) / √(variance + 1e-5) + β with the batch's own statistics, as PyTorch's BatchNorm2d in training. */
export function batchNormed(x: Tensor4D, own: Own, name: string): Tensor4D {
  const [gamma, beta] = ['gamma', 'beta'].map((part) => own.get(`${name}.${part}`) as Tensor1D);
  const centred = x.sub<Tensor4D>(x.mean([0, 1, 2], true));
  const variance = centred.square().mean([0, 1, 2], true);
  return centred.mul(variance.add(1e-5).rsqrt()).mul(gamma).add(beta);
}
