/** TensorFlow's own operators, as GraphDefs hold them, in ONNX's terms. */
import { Unmapped } from '../onnx/read/reader.ts';
import { SHAPE_OPERATORS } from './graph-shapes.ts';
import type { Activation, KnownArray, OnnxTerms, Padding, Window } from './onnx-terms.ts';

/** One node of a graph. */
export interface GraphCall {
  name: string;
  terms: OnnxTerms;
  /** Names of the values that it takes. */
  inputs: string[];
  /** An attribute, in the form that suits it; undefined where it is not there. */
  int(name: string): number | undefined;
  ints(name: string): number[] | undefined;
  float(name: string): number | undefined;
  bool(name: string): boolean | undefined;
  type(name: string): number | undefined;
  text(name: string): string | undefined;
  texts(name: string): string[] | undefined;
}

export type ReadNode = (call: GraphCall) => void;

/** Rows and columns of a list of four, which is NHWC. */
function pair(list: number[] | undefined): [number, number] {
  if (list === undefined) return [1, 1];
  if (list.length !== 4 || list[0] !== 1 || list[3] !== 1)
    throw new Unmapped('it goes along other axes than rows and columns');
  return [list[1], list[2]];
}

function requireNhwc(call: GraphCall): void {
  if ((call.text('data_format') ?? 'NHWC') !== 'NHWC') throw new Unmapped('its pictures are not NHWC');
}

function paddingOf(call: GraphCall): Padding {
  const padding = call.text('padding') ?? call.text('pad');
  if (padding === 'SAME' || padding === 'VALID') return padding;
  const [, , top, bottom, left, right] = call.ints('explicit_paddings') ?? [];
  if (padding !== 'EXPLICIT' || right === undefined) throw new Unmapped(`its padding is ${padding ?? 'not told'}`);
  return [top, left, bottom, right];
}

function windowOf(call: GraphCall): Window {
  requireNhwc(call);
  return { strides: pair(call.ints('strides')), dilations: pair(call.ints('dilations')), padding: paddingOf(call) };
}

/** @param fused whether it says what follows in it: a bias, an activation */
function convolution(groups: 'one' | 'depthwise', fused: boolean): ReadNode {
  return (call) => {
    const { terms, name, inputs } = call;
    const filter = terms.requireArray(inputs[1]);
    const steps = fused ? (call.texts('fused_ops') ?? []) : [];
    const bias = inputs[2] === undefined ? undefined : terms.requireArray(inputs[2]);
    const activation = steps.find((step) => step !== 'BiasAdd') ?? null;
    const kind = activation === null ? null : activationOf(activation);
    const output = terms.before(kind, name);
    terms.conv(name, inputs[0], filter, bias, { window: windowOf(call), groups, output });
    if (kind) terms.activate(`${name}/${kind}`, kind, output, name);
  };
}

function activationOf(step: string): Activation {
  const known: Record<string, Activation> = { Relu: 'Relu', Relu6: 'Relu6', Sigmoid: 'Sigmoid', Tanh: 'Tanh' };
  if (!Object.hasOwn(known, step)) throw new Unmapped(`it is fused with ${step}`);
  return known[step];
}

const activation =
  (kind: Activation): ReadNode =>
  ({ terms, name, inputs }) =>
    void terms.activate(name, kind, inputs[0], name);

const binary =
  (opType: string): ReadNode =>
  ({ terms, name, inputs }) => {
    const [a, b] = inputs.map((input) => terms.value(input));
    terms.node(name, opType, [a, b]);
  };

/** The same value by another name. */
const same: ReadNode = ({ terms, name, inputs }) => void terms.node(name, 'Identity', [terms.value(inputs[0])]);

const pool =
  (kind: 'MaxPool' | 'AveragePool'): ReadNode =>
  (call) => {
    call.terms.pool(call.name, kind, call.inputs[0], pair(call.ints('ksize')), windowOf(call), call.name);
  };

function pairs({ data }: KnownArray): [number, number][] {
  return Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]]);
}

const pad: ReadNode = ({ terms, name, inputs }) => {
  if (inputs[2] !== undefined && terms.requireArray(inputs[2]).data[0] !== 0) {
    throw new Unmapped('it pads with other than zeros');
  }
  terms.pad(name, inputs[0], pairs(terms.requireArray(inputs[1])), name);
};

const resize =
  (nearest: boolean): ReadNode =>
  (call) => {
    const { terms, name, inputs } = call;
    const rule = {
      nearest,
      alignCorners: call.bool('align_corners') ?? false,
      halfPixel: call.bool('half_pixel_centers') ?? false,
    };
    const known = terms.arrayOf(inputs[1]);
    terms.resize(name, inputs[0], known ? [...known.data] : inputs[1], rule, name);
  };

const batchNorm: ReadNode = (call) => {
  requireNhwc(call);
  if (call.bool('is_training')) throw new Unmapped('it is in training');
  const { terms, name, inputs } = call;
  const arrays = inputs.slice(1, 5).map((input) => terms.requireArray(input));
  terms.batchNorm(name, inputs[0], arrays, call.float('epsilon') ?? 1e-4, name);
};

function product(fused: boolean): ReadNode {
  return (call) => {
    const { terms, name, inputs } = call;
    if (call.bool('transpose_a') || call.bool('adj_x')) throw new Unmapped('it turns its input');
    const { shape, data } = terms.requireArray(inputs[1]);
    if (shape.length !== 2 || call.bool('transpose_b')) throw new Unmapped('its second input is no plain matrix');
    const bias = fused && call.texts('fused_ops')?.[0] === 'BiasAdd' ? terms.requireArray(inputs[2]) : undefined;
    const step = fused ? call.texts('fused_ops')?.find((one) => one !== 'BiasAdd') : undefined;
    const kind = step === undefined ? null : activationOf(step);
    const output = terms.before(kind, name);
    terms.dense(name, inputs[0], { shape, data }, bias, output);
    if (kind) terms.activate(`${name}/${kind}`, kind, output, name);
  };
}

export const GRAPH_OPERATORS: Record<string, ReadNode> = {
  Conv2D: convolution('one', false),
  _FusedConv2D: convolution('one', true),
  DepthwiseConv2dNative: convolution('depthwise', false),
  FusedDepthwiseConv2dNative: convolution('depthwise', true),
  BiasAdd: binary('Add'),
  Add: binary('Add'),
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  RealDiv: binary('Div'),
  Relu: activation('Relu'),
  Relu6: activation('Relu6'),
  Sigmoid: activation('Sigmoid'),
  Tanh: activation('Tanh'),
  Softmax: activation('Softmax'),
  LeakyRelu: (call) =>
    void call.terms.node(call.name, 'LeakyRelu', [call.inputs[0]], { alpha: call.float('alpha') ?? 0.2 }),
  // TensorFlow.js's own, which TensorFlow does not have
  Prelu: ({ terms, name, inputs }) => void terms.node(name, 'PRelu', [inputs[0], terms.value(inputs[1])]),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  Pad: pad,
  PadV2: pad,
  ResizeBilinear: resize(false),
  ResizeNearestNeighbor: resize(true),
  Mean: (call) => {
    const { terms, name, inputs } = call;
    const axes = [...terms.requireArray(inputs[1]).data].map((axis) => (axis + 4) % 4).sort();
    if (axes.join() !== '1,2') throw new Unmapped('it is not over the pixels');
    if (call.bool('keep_dims')) terms.mean(name, inputs[0], name);
    else terms.reshape(`${name}/row`, terms.mean(name, inputs[0], terms.inner(name)), [1, -1], name);
  },
  ConcatV2: ({ terms, name, inputs }) => {
    const axis = terms.requireArray(inputs.at(-1)).data[0];
    terms.node(
      name,
      'Concat',
      inputs.slice(0, -1).map((input) => terms.value(input)),
      { axis },
    );
  },
  // Of known values, as a batch norm that is taken apart has it
  Rsqrt: ({ terms, name, inputs }) => {
    const root = terms.node(`${name}/root`, 'Sqrt', [terms.value(inputs[0])], {}, terms.before('Relu', name));
    terms.node(name, 'Reciprocal', [root]);
  },
  MatMul: product(false),
  _FusedMatMul: product(true),
  ArgMax: ({ terms, name, inputs }) => void terms.node(name, 'ArgMax', [inputs[0]], { axis: 3 }),
  Square: ({ terms, name, inputs }) => {
    const x = terms.value(inputs[0]);
    terms.node(name, 'Mul', [x, x]);
  },
  Neg: ({ terms, name, inputs }) => void terms.node(name, 'Neg', [terms.value(inputs[0])]),
  Conv2DBackpropInput: (call) => {
    const { terms, name, inputs } = call;
    const window = windowOf(call);
    const size = terms.arrayOf(inputs[0])?.data;
    const bias = inputs[3] === undefined ? undefined : terms.requireArray(inputs[3]);
    const to = size && ([size[1], size[2]] as const);
    terms.convTranspose(name, inputs[2], terms.requireArray(inputs[1]), bias, { window, to, output: name });
  },
  ...SHAPE_OPERATORS,
  Identity: same,
  StopGradient: same,
  NoOp: () => undefined,
};
