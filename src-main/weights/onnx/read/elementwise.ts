/** Sums, products and activations: what works value by value. */
import type { Attributes } from '../../../networks/node-kind.ts';
import { elements } from '../../tensor-file.ts';
import type { Constant } from '../tensors.ts';
import { real } from './convolution.ts';
import { type ReadCall, type ReadOperator, seenAs, Unmapped } from './reader.ts';
import { type Dim, dimSize, type Feature, pixelsDim, type Scores, sameDim, type Value, wholeDim } from './value.ts';

const same =
  (kind: string): ReadOperator =>
  (call) => {
    const x = call.feature(0);
    return seenAs(call.add(kind, [x]), x.dims);
  };

export const elementwise: Record<string, ReadOperator> = {
  Relu: same('relu'),
  Sigmoid: same('sigmoid'),
  HardSwish: same('hardSwish'),
  Swish: same('swish'),
  Gelu: (call) => {
    if (call.text('approximate', 'none') !== 'none') throw new Unmapped('it is the approximation by tanh');
    return same('gelu')(call);
  },
  LeakyRelu: (call) => {
    const x = call.feature(0);
    const slopes = new Float32Array(x.size[2]).fill(call.float('alpha', 0.01));
    return seenAs(call.add('prelu', [x], {}, [slopes]), x.dims);
  },
  PRelu: (call) => {
    const x = call.feature(0);
    const slope = call.constant(1);
    const slopes = byChannel(slope, x);
    if (!slopes) throw new Unmapped('its slopes differ from pixel to pixel');
    return seenAs(call.add('prelu', [x], {}, [slopes], slope), x.dims);
  },
  Clip: (call) => {
    const limit = (name: string, index: number, otherwise: number) => {
      if (call.opset < 11) return call.float(name, otherwise);
      return call.inputs[index] === undefined ? otherwise : call.constant(index).data[0];
    };
    return clip(call, limit('min', 1, Number.NEGATIVE_INFINITY), limit('max', 2, Number.POSITIVE_INFINITY));
  },
  // Of another slope than PyTorch's, min(max(αx + β, 0), 1) is ReLU6's sixth of a line six times as steep
  HardSigmoid: (call) => {
    const x = call.feature(0);
    const [alpha, beta] = [call.float('alpha', 0.2), call.float('beta', 0.5)];
    if (Math.fround(alpha) === Math.fround(1 / 6) && beta === 0.5) return same('hardSigmoid')(call);
    const six = line(call, x, 6 * alpha, 6 * beta, 'line');
    return line(call, seenAs(call.before('clipped', 'relu6', [six]), x.dims), 1 / 6, 0);
  },
  // 2σ(2x) − 1
  Tanh: (call) => {
    const x = call.feature(0);
    const sigmoid = call.before('sigmoid', 'sigmoid', [line(call, x, 2, 0, 'twice')]);
    return line(call, seenAs(sigmoid, x.dims), 2, -1);
  },
  Neg: (call) => {
    const [value] = call.inputs;
    if (value?.kind === 'channelScores' && value.state === 'products') return { ...value, state: 'opposite' };
    return line(call, call.feature(0), -1, 0);
  },
  Pow: (call) => {
    const x = call.feature(0);
    const exponent = call.constant(1);
    if (exponent.data.length !== 1 || exponent.data[0] !== 2) throw new Unmapped('its exponent is not 2');
    return seenAs(call.add('multiply', [x, x]), x.dims);
  },
  Add: (call) => binary(call, 1, (x) => [1, x]),
  Sub: (call) => binary(call, -1, (x) => [1, -x]),
  Mul: (call) => binary(call, 0, (x) => [x, 0]),
  Div: (call) => binary(call, null, (x) => [1 / x, 0]),
  Sum: (call) => {
    const features = call.inputs.map((_, i) => call.feature(i));
    if (features.some((one) => !alike(one, features[0]))) throw new Unmapped('its inputs are of different shapes');
    return seenAs(call.add('add', features), features[0].dims);
  },
};

/**
 * Two values together.
 * @param sign of the second in a sum of two features; 0 for a product, null for what two features cannot do
 * @param asLine what a constant as the second value means: factor and offset of the first
 */
function binary(call: ReadCall, sign: number | null, asLine: (value: number) => [number, number]): Value {
  const [a, b] = call.inputs;
  if (a?.kind === 'channelScores' && b?.kind === 'channelScores') {
    if (sign !== -1 || a.state !== 'largest' || b.state !== 'products' || a.feature.node !== b.feature.node)
      throw new Unmapped('it changes an attention in a way that is not known');
    return { ...b, state: 'opposite' };
  }
  const scores = [a, b].find((value) => value?.kind === 'scores');
  if (scores?.kind === 'scores') return scaled(call, scores, asLine);
  if (b?.kind === 'constant') return withConstant(call, call.feature(0), b, asLine);
  if (a?.kind === 'constant') {
    const y = call.feature(1);
    if (sign === null) throw new Unmapped('it divides by computed values');
    if (sign < 0) return withConstant(call, line(call, y, -1, 0, 'negated'), a, (value) => [1, value]);
    return withConstant(call, y, a, asLine);
  }
  const [x, y] = [call.feature(0), call.feature(1)];
  if (sign === null) throw new Unmapped('it divides by computed values');
  if (sign === 0) return product(call, x, y);
  const second = sign < 0 ? line(call, y, -1, 0, 'negated') : y;
  if (alike(x, second)) return seenAs(call.add('add', [x, second]), x.dims);
  for (const [large, small] of [
    [x, second],
    [second, x],
  ]) {
    // One pixel for the whole picture: brought to its size first
    if (isGate(large, small))
      return seenAs(call.add('add', [large, call.before('spread', 'resize', [small, large])]), large.dims);
  }
  throw new Unmapped('its inputs are of different shapes');
}

function product(call: ReadCall, x: Feature, y: Feature): Feature {
  if (alike(x, y)) return seenAs(call.add('multiply', [x, y]), x.dims);
  for (const [large, small] of [
    [x, y],
    [y, x],
  ]) {
    if (isGate(large, small)) return seenAs(call.add('multiply', [large, small]), large.dims);
    // One channel for all of them: repeated by a convolution of ones
    if (isMap(large, small)) {
      const [, , channels] = large.size;
      const ones = new Float32Array(channels).fill(1);
      const repeated = call.before('repeated', 'conv', [small], { filters: channels }, [ones]);
      return seenAs(call.add('multiply', [large, repeated]), large.dims);
    }
  }
  throw new Unmapped('its inputs are of different shapes');
}

/** An attention's products times a number. */
function scaled(call: ReadCall, scores: Scores, asLine: (value: number) => [number, number]): Scores {
  const constant = call.inputs.find((value) => value?.kind === 'constant');
  if (constant?.kind !== 'constant' || elements(constant.shape) !== 1 || scores.softmaxed) {
    throw new Unmapped('it changes an attention in a way that is not known');
  }
  const [factor, offset] = asLine(constant.data[0]);
  if (offset !== 0) throw new Unmapped('it adds to an attention’s products');
  return { ...scores, factor: scores.factor * factor };
}

/** Whether two features lie in memory alike and are seen alike. */
export function alike(x: Feature, y: Feature): boolean {
  return (
    x.size.every((size, i) => size === y.size[i]) &&
    x.dims.length === y.dims.length &&
    x.dims.every((dim, i) => sameDim(dim, y.dims[i]))
  );
}

function isGate(large: Feature, small: Feature): boolean {
  const [height, width, channels] = small.size;
  return height * width === 1 && channels === large.size[2] && broadcasts(large, small);
}

function isMap(large: Feature, small: Feature): boolean {
  const [height, width, channels] = small.size;
  return channels === 1 && height === large.size[0] && width === large.size[1] && broadcasts(large, small);
}

/** Whether each axis of the small one is that of the large one, or has one value. */
function broadcasts(large: Feature, small: Feature): boolean {
  const missing = large.dims.length - small.dims.length;
  if (missing < 0) return false;
  return small.dims.every((dim, i) => dim.length === 0 || sameDim(dim, large.dims[i + missing]));
}

/** factor · x + offset, as a convolution of each channel by itself; a step before the operator's end where it is named. */
export function line(call: ReadCall, x: Feature, factor: number, offset: number, step?: string): Feature {
  const [, , channels] = x.size;
  const params = [new Float32Array(channels).fill(factor), new Float32Array(channels).fill(offset)];
  return seenAs(lineNode(call, x, params[0], params[1], step), x.dims);
}

function lineNode(call: ReadCall, x: Feature, factor: Float32Array, offset: Float32Array, step?: string): Feature {
  const withOffset = offset.some((value) => value !== 0);
  const attrs: Attributes = withOffset ? { kernel: 1, bias: 1 } : { kernel: 1 };
  const params = withOffset ? [factor, offset] : [factor];
  return step === undefined
    ? call.add('depthwiseConv', [x], attrs, params)
    : call.before(step, 'depthwiseConv', [x], attrs, params);
}

/** A feature and a constant: a line per channel, or (in a sum) an array as large as the picture. */
function withConstant(
  call: ReadCall,
  x: Feature,
  constant: Constant,
  asLine: (value: number) => [number, number],
): Feature {
  const values = byChannel(constant, x);
  if (values) {
    const factor = values.map((value) => asLine(value)[0]);
    const offset = values.map((value) => asLine(value)[1]);
    return seenAs(lineNode(call, x, factor, offset), x.dims);
  }
  const whole = spread(constant, x);
  const [factor] = asLine(2);
  if (!whole || factor !== 1) throw new Unmapped('a constant differs from pixel to pixel');
  const [height, width] = x.size;
  const offsets = whole.map((value) => asLine(value)[1]);
  return seenAs(call.add('addLearnt', [x], { height, width }, [offsets], constant), x.dims);
}

function clip(call: ReadCall, least: number, most: number): Feature {
  const x = call.feature(0);
  if (least === 0 && most === 6) return seenAs(call.add('relu6', [x]), x.dims);
  if (least === 0 && most > 1e30) return seenAs(call.add('relu', [x]), x.dims);
  if (!(Math.abs(least) < 1e30 && Math.abs(most) < 1e30)) throw new Unmapped(`it clips from ${least} to ${most}`);
  const range = most - least;
  const six = line(call, x, 6 / range, (-6 * least) / range, 'line');
  return line(call, seenAs(call.before('clipped', 'relu6', [six]), x.dims), range / 6, least);
}

/** A constant as one value per channel, or null where it differs along the picture. */
export function byChannel(constant: Constant, x: Feature): Float32Array | null {
  const [, , channels] = x.size;
  if (elements(constant.shape) === 1) return new Float32Array(channels).fill(constant.data[0]);
  const inPicture = alignedDims(constant, x);
  if (!inPicture || inPicture.some(({ dim, step }) => step !== 0 && dim.some(({ axis }) => axis !== 'c'))) return null;
  return spreadOver(constant, inPicture, [1, 1, channels]);
}

/** A constant as an array of the feature's own layout: height, width, channels; null where it does not fit. */
function spread(constant: Constant, x: Feature): Float32Array | null {
  const dims = alignedDims(constant, x);
  return dims && spreadOver(constant, dims, x.size);
}

/** The feature's axes with the constant's step along each: 0 where it has one value. */
function alignedDims({ shape, data }: Constant, x: Feature): { dim: Dim; step: number }[] | null {
  const missing = x.dims.length - shape.length;
  if (missing < 0 || data.length === 0) return null;
  let step = 1;
  const result: { dim: Dim; step: number }[] = [];
  for (let i = x.dims.length - 1; i >= 0; i--) {
    const size = i >= missing ? shape[i - missing] : 1;
    if (size !== 1 && size !== dimSize(x.dims[i])) return null;
    result.push({ dim: x.dims[i], step: size === 1 ? 0 : step });
    step *= size;
  }
  return result;
}

function spreadOver(
  constant: Constant,
  dims: { dim: Dim; step: number }[],
  [height, width, channels]: readonly [number, number, number],
): Float32Array {
  const values = real(constant);
  const result = new Float32Array(height * width * channels);
  let at = 0;
  for (let h = 0; h < height; h++) {
    for (let w = 0; w < width; w++) {
      for (let c = 0; c < channels; c++) {
        const place = { h, w, c };
        let index = 0;
        for (const { dim, step } of dims) {
          if (step === 0) continue;
          let along = 0;
          for (const { axis, size, stride } of dim) along = along * size + (Math.floor(place[axis] / stride) % size);
          index += along * step;
        }
        result[at++] = values[index];
      }
    }
  }
  return result;
}

/** Whether an axis is all of a feature's channels; all of its pixels. */
export const isChannels = (dim: Dim, x: Feature): boolean => sameDim(dim, wholeDim('c', x.size[2]));
export const isPixels = (dim: Dim, x: Feature): boolean => sameDim(dim, pixelsDim(x.size));
