/** Convolutions and pooling. */
import type { Attributes } from '../../../networks/node-kind.ts';
import { fromTorch } from '../../../networks/torch-layout.ts';
import type { Constant } from '../tensors.ts';
import { type ReadCall, type ReadOperator, Unmapped } from './reader.ts';
import { type Feature, isPicture } from './value.ts';

type Pads = readonly [top: number, left: number, bottom: number, right: number];

export const convolutions: Record<string, ReadOperator> = {
  Conv: (call) => {
    const { feature: x, pads: before } = padded(call);
    const weights = call.constant(1);
    const [filters, perGroup, height, width] = kernelShape(weights);
    const [, , channels] = x.size;
    const groups = call.int('group', 1);
    if (perGroup * groups !== channels)
      throw new Unmapped(`its filter is for ${perGroup * groups} channels, not ${channels}`);
    const window = windowOf(call, [height, width], x, before);
    const bias = biasOf(call);
    const params = [fromTorch({ toOurs: 'conv', torchShape: weights.shape }, real(weights)), ...bias];
    const depthwise = groups === channels && groups > 1 && asDepthwise(window);
    const withBias: Attributes = bias.length ? { bias: 1 } : {};
    if (depthwise) {
      const attrs = { ...depthwise, multiplier: filters / channels, ...withBias };
      return call.add('depthwiseConv', [x], attrs, params, weights);
    }
    const attrs = { filters, ...plain(window), ...(groups > 1 ? { groups } : {}), ...withBias };
    return call.add('conv', [x], attrs, params, weights);
  },

  ConvTranspose: (call) => {
    const x = call.picture(0);
    const weights = call.constant(1);
    const [channels, filters, height, width] = kernelShape(weights);
    if (call.int('group', 1) !== 1) throw new Unmapped('it has groups');
    if (channels !== x.size[2]) throw new Unmapped(`its filter is for ${channels} channels, not ${x.size[2]}`);
    const window = windowOf(call, [height, width], x, [0, 0, 0, 0]);
    const { stride } = window;
    const [down, across] = toSize(call, x, window) ?? call.ints('output_padding') ?? [0, 0];
    const bias = biasOf(call);
    const attrs = {
      filters,
      ...plain({ ...window, stride: [1, 1] }),
      strideHeight: stride[0],
      strideWidth: stride[1],
      ...(down || across ? { outputPaddingHeight: down, outputPaddingWidth: across } : {}),
      ...(bias.length ? { bias: 1 } : {}),
    };
    const filter = fromTorch({ toOurs: 'convTranspose', torchShape: weights.shape }, real(weights));
    return call.add('convTranspose', [x], attrs, [filter, ...bias], weights);
  },

  MaxPool: (call) => {
    const x = call.picture(0);
    const window = pooling(call, x, [0, 0, 0, 0]);
    if (call.node.output.length > 1) {
      const attrs = square(window);
      return [call.add('maxPool', [x], attrs), { kind: 'places', source: x, attrs }];
    }
    const { pads } = window;
    // Zeros around are as good as nothing where no value is below them
    if (pads.some((pad) => pad !== pads[0]) && NOT_NEGATIVE.has(call.graph.kindOf(x.node))) {
      const [paddingTop, paddingLeft, paddingBottom, paddingRight] = pads;
      const padded = call.before('padded', 'pad', [x], { paddingTop, paddingBottom, paddingLeft, paddingRight });
      return call.add('maxPool', [padded], square({ ...window, pads: [0, 0, 0, 0] }));
    }
    return call.add('maxPool', [x], square(window));
  },

  AveragePool: (call) => {
    const { feature: x, pads } = padded(call);
    const window = pooling(call, x, pads);
    const [height, width] = x.size;
    const { kernel, stride } = window;
    const around = window.pads.some((pad) => pad > 0);
    const own = call.ints('pads')?.some((pad) => pad > 0) || call.text('auto_pad', 'NOTSET').startsWith('SAME');
    if (own && call.int('count_include_pad', 0) !== 1) throw new Unmapped('it leaves its padding out of the mean');
    if (!around && kernel[0] === stride[0] && kernel[1] === stride[1]) {
      const [bins, across] = [height / kernel[0], width / kernel[1]];
      if (bins === across && Number.isInteger(bins)) return call.add('adaptiveAveragePool', [x], { bins });
      // One side as it is
      if (kernel[1] === 1 && Number.isInteger(bins)) return call.add('adaptiveAveragePool', [x], { height: bins });
      if (kernel[0] === 1 && Number.isInteger(across)) return call.add('adaptiveAveragePool', [x], { width: across });
    }
    return call.add('averagePool', [x], square(window));
  },

  GlobalAveragePool: (call) => call.add('adaptiveAveragePool', [call.picture(0)], { bins: 1 }),
};

/** Kinds whose output is never below zero. */
const NOT_NEGATIVE: ReadonlySet<string> = new Set(['relu', 'relu6', 'sigmoid']);

/**
 * Where a transposed convolution is given the size of its output: puts the paddings that lead to it into the window, as ONNX
 * says (half of what is cut off at each side, the odd one after for SAME_UPPER).
 * @returns what is added after the output where it is too short
 */
function toSize(call: ReadCall, x: Feature, window: Window): [number, number] | undefined {
  const wanted = call.ints('output_shape')?.slice(-2);
  if (!wanted) return undefined;
  const { kernel, stride, dilation } = window;
  const over = wanted.map((size, i) => stride[i] * (x.size[i] - 1) + (kernel[i] - 1) * dilation[i] + 1 - size);
  if (over.some((all, i) => !(all > -stride[i] && all < kernel[i] * dilation[i]))) {
    throw new Unmapped(`${wanted.join(' × ')} is no size that it can give`);
  }
  const upper = call.text('auto_pad', 'NOTSET') === 'SAME_UPPER';
  const less = over.map((all) => (upper ? Math.floor : Math.ceil)(Math.max(0, all) / 2));
  window.pads = [less[0], less[1], Math.max(0, over[0]) - less[0], Math.max(0, over[1]) - less[1]];
  return [Math.max(0, -over[0]), Math.max(0, -over[1])];
}

interface Window {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  pads: Pads;
}

/** The input, also one that zeros were put around. */
function padded(call: ReadCall): { feature: Feature; pads: Pads } {
  const [value] = call.inputs;
  if (value?.kind !== 'feature' || !value.pads) return { feature: call.picture(0), pads: [0, 0, 0, 0] };
  if (!isPicture(value)) throw new Unmapped('its input is no picture any more');
  return { feature: { ...value, pads: undefined }, pads: value.pads };
}

function kernelShape({ shape }: Constant): number[] {
  if (shape.length !== 4) throw new Unmapped(`it works on ${shape.length - 2} axes; pictures have two`);
  return shape;
}

function windowOf(call: ReadCall, kernel: readonly [number, number], x: Feature, before: Pads): Window {
  const pair = (name: string) => {
    const [height, width] = call.ints(name) ?? [1, 1];
    return [height, width] as const;
  };
  const [stride, dilation] = [pair('strides'), pair('dilations')];
  const auto = call.text('auto_pad', 'NOTSET');
  const own = call.ints('pads') ?? [0, 0, 0, 0];
  let pads = own.map((pad, i) => pad + before[i]);
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const around = ([0, 1] as const).map((axis) => {
      const size = x.size[axis] + before[axis] + before[axis + 2];
      const reach = (Math.ceil(size / stride[axis]) - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
      const all = Math.max(0, reach - size);
      const less = Math.floor(all / 2);
      return auto === 'SAME_UPPER' ? [less, all - less] : [all - less, less];
    });
    pads = [around[0][0], around[1][0], around[0][1], around[1][1]].map((pad, i) => pad + before[i]);
  } else if (auto === 'VALID') pads = [...before];
  if (pads.some((pad) => pad < 0)) throw new Unmapped('its padding is negative');
  return { kernel, stride, dilation, pads: pads as unknown as Pads };
}

function pooling(call: ReadCall, x: Feature, before: Pads): Window {
  const [height, width] = call.ints('kernel_shape') ?? [];
  if (width === undefined) throw new Unmapped('its window does not have two sides');
  const window = windowOf(call, [height, width], x, before);
  if (call.int('ceil_mode', 0) === 1) {
    const exact = ([0, 1] as const).every((axis) => {
      const room = x.size[axis] + window.pads[axis] + window.pads[axis + 2] - window.kernel[axis];
      return room % window.stride[axis] === 0;
    });
    if (!exact) throw new Unmapped('its last window reaches over the border (ceil_mode)');
  }
  return window;
}

/** As the kinds that know square windows want it. */
function square({ kernel, stride, dilation, pads }: Window): Attributes {
  const [padding] = pads;
  const even = kernel[0] === kernel[1] && stride[0] === stride[1] && pads.every((pad) => pad === padding);
  if (!even || dilation[0] !== 1 || dilation[1] !== 1) throw new Unmapped('its window is not square');
  return { kernel: kernel[0], stride: stride[0], padding };
}

function asDepthwise(window: Window): Attributes | null {
  const { kernel, stride, dilation, pads } = window;
  const even = [kernel, stride, dilation].every(([height, width]) => height === width);
  if (!even || pads.some((pad) => pad !== pads[0]) || (stride[0] > 1 && dilation[0] > 1)) return null;
  return { kernel: kernel[0], stride: stride[0], dilation: dilation[0], padding: pads[0] };
}

/** Without what is as it always is; by axis and side only where that says more. */
function plain({ kernel, stride, dilation, pads }: Window): Attributes {
  const pair = (name: string, [height, width]: readonly [number, number], usual: number): Attributes => {
    if (height !== width) return { [`${name}Height`]: height, [`${name}Width`]: width };
    return height === usual ? {} : { [name]: height };
  };
  const [top, left, bottom, right] = pads;
  const even = pads.every((pad) => pad === top);
  const around = even
    ? pair('padding', [top, top], 0)
    : { paddingTop: top, paddingBottom: bottom, paddingLeft: left, paddingRight: right };
  return { ...pair('kernel', kernel, 0), ...pair('stride', stride, 1), ...pair('dilation', dilation, 1), ...around };
}

function biasOf(call: ReadCall): Float32Array[] {
  return call.inputs[2] === undefined ? [] : [real(call.constant(2))];
}

/** A constant's values as weights. */
export function real({ data }: Constant): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
