/** TensorFlow Lite's operators (schema.fbs: `BuiltinOperator` and its options), in ONNX's terms. */
import { Unmapped } from '../onnx/read/reader.ts';
import type { Table } from './flatbuffer.ts';
import type { Activation, KnownArray, OnnxTerms, Padding } from './onnx-terms.ts';

/** One operator of the file. */
export interface LiteCall {
  name: string;
  terms: OnnxTerms;
  inputs: string[];
  outputs: string[];
  /** Shape of an input as the file tells it. */
  shape(input: number): number[];
  /** Its options; a field that is not there has its default. */
  options: Table | undefined;
}

export interface LiteOperator {
  name: string;
  read?: (call: LiteCall) => void;
}

const ACTIVATIONS: Record<number, Activation> = { 0: null, 1: 'Relu', 3: 'Relu6', 4: 'Tanh' };

function fused(call: LiteCall, field: number): Activation {
  const code = call.options?.int8(field) ?? 0;
  if (!Object.hasOwn(ACTIVATIONS, code)) throw new Unmapped(`its activation ${code} is not known`);
  return ACTIVATIONS[code];
}

/** Gives an operator's value by what makes it, with the activation after it. */
function withActivation(call: LiteCall, activation: Activation, make: (output: string) => void): void {
  const [output] = call.outputs;
  const before = call.terms.before(activation, output);
  make(before);
  if (activation) call.terms.activate(`${call.name}/${activation}`, activation, before, output);
}

const padding = (call: LiteCall): Padding => (call.options?.int8(0) === 1 ? 'VALID' : 'SAME');
const strides = (call: LiteCall) => [call.options?.int32(2, 1) ?? 1, call.options?.int32(1, 1) ?? 1] as const;

function dilations(call: LiteCall, field: number) {
  return [call.options?.int32(field + 1, 1) ?? 1, call.options?.int32(field, 1) ?? 1] as const;
}

function convolution(call: LiteCall, groups: 'one' | 'depthwise', activation: number, dilation: number): void {
  const { terms, name, inputs } = call;
  const stored = terms.requireArray(inputs[1]);
  // Stored as [outputs, height, width, inputs], a depthwise one as [1, height, width, C·m]
  const filter = groups === 'one' ? turned(stored) : depthwise(stored, call.shape(0)[3]);
  const bias = inputs[2] === undefined ? undefined : terms.requireArray(inputs[2]);
  withActivation(call, fused(call, activation), (output) => {
    const window = { strides: strides(call), dilations: dilations(call, dilation), padding: padding(call) };
    terms.conv(name, inputs[0], filter, bias, { window, groups, output });
  });
}

/** OHWI as HWIO. */
function turned({ shape, data }: KnownArray): KnownArray {
  const [outputs, height, width, inputs] = shape;
  const result = new Float32Array(data.length);
  const inner = height * width * inputs;
  for (let o = 0; o < outputs; o++) for (let i = 0; i < inner; i++) result[i * outputs + o] = data[o * inner + i];
  return { shape: [height, width, inputs, outputs], data: result };
}

function depthwise({ shape, data }: KnownArray, channels: number): KnownArray {
  const [, height, width, all] = shape;
  if (!Number.isInteger(all / channels)) throw new Unmapped(`its filter is for ${all} channels, not ${channels}`);
  return { shape: [height, width, channels, all / channels], data };
}

function pool(kind: 'MaxPool' | 'AveragePool'): LiteOperator['read'] {
  return (call) => {
    const size = [call.options?.int32(4, 1) ?? 1, call.options?.int32(3, 1) ?? 1];
    const [, height, width] = call.shape(0);
    const { terms, name, inputs } = call;
    withActivation(call, fused(call, 5), (output) => {
      // Over all pixels, whatever their number
      const whole = kind === 'AveragePool' && size[0] === height && size[1] === width && padding(call) === 'VALID';
      if (whole) terms.mean(name, inputs[0], output);
      else terms.pool(name, kind, inputs[0], size, { strides: strides(call), padding: padding(call) }, output);
    });
  };
}

const binary =
  (opType: string): LiteOperator['read'] =>
  (call) => {
    const [a, b] = call.inputs.map((input) => call.terms.value(input));
    withActivation(call, fused(call, 0), (output) => call.terms.node(call.name, opType, [a, b], {}, output));
  };

const activation =
  (kind: Activation): LiteOperator['read'] =>
  ({ terms, name, inputs, outputs }) =>
    void terms.activate(name, kind, inputs[0], outputs[0]);

function resize(nearest: boolean): LiteOperator['read'] {
  return ({ terms, name, inputs, outputs, options }) => {
    const [align, half] = nearest ? [0, 1] : [2, 3];
    const rule = { nearest, alignCorners: options?.int8(align) === 1, halfPixel: options?.int8(half) === 1 };
    terms.resize(name, inputs[0], [...terms.requireArray(inputs[1]).data], rule, outputs[0]);
  };
}

/** By the numbers of the schema; those without a reader are named only, for the refusal. */
export const LITE_OPERATORS: Record<number, LiteOperator> = {
  0: { name: 'ADD', read: binary('Add') },
  1: { name: 'AVERAGE_POOL_2D', read: pool('AveragePool') },
  2: {
    name: 'CONCATENATION',
    read: (call) => {
      const inputs = call.inputs.map((input) => call.terms.value(input));
      const axis = call.options?.int32(0) ?? 0;
      withActivation(call, fused(call, 1), (output) => call.terms.node(call.name, 'Concat', inputs, { axis }, output));
    },
  },
  3: { name: 'CONV_2D', read: (call) => convolution(call, 'one', 3, 4) },
  4: { name: 'DEPTHWISE_CONV_2D', read: (call) => convolution(call, 'depthwise', 4, 5) },
  5: { name: 'DEPTH_TO_SPACE' },
  6: {
    // Half-precision weights: the array itself was read as numbers
    name: 'DEQUANTIZE',
    read: ({ terms, inputs, outputs }) => terms.array(outputs[0], terms.requireArray(inputs[0])),
  },
  9: {
    name: 'FULLY_CONNECTED',
    read: (call) => {
      const { terms, name, inputs } = call;
      const { shape, data } = terms.requireArray(inputs[1]);
      const matrix = turned({ shape: [shape[0], 1, 1, shape[1]], data });
      const bias = inputs[2] === undefined ? undefined : terms.requireArray(inputs[2]);
      withActivation(call, fused(call, 0), (output) => {
        terms.dense(name, inputs[0], { shape: [shape[1], shape[0]], data: matrix.data }, bias, output);
      });
    },
  },
  14: { name: 'LOGISTIC', read: activation('Sigmoid') },
  17: { name: 'MAX_POOL_2D', read: pool('MaxPool') },
  18: { name: 'MUL', read: binary('Mul') },
  19: { name: 'RELU', read: activation('Relu') },
  21: { name: 'RELU6', read: activation('Relu6') },
  22: {
    name: 'RESHAPE',
    read: ({ terms, name, inputs, outputs, options }) => {
      const told = inputs[1] === undefined ? options?.int32s(0) : [...terms.requireArray(inputs[1]).data];
      terms.reshape(name, terms.value(inputs[0]), told ?? [], outputs[0]);
    },
  },
  23: { name: 'RESIZE_BILINEAR', read: resize(false) },
  25: { name: 'SOFTMAX', read: activation('Softmax') },
  28: { name: 'TANH', read: activation('Tanh') },
  34: {
    name: 'PAD',
    read: ({ terms, name, inputs, outputs }) => {
      const { data } = terms.requireArray(inputs[1]);
      const pairs = Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]] as const);
      terms.pad(name, inputs[0], pairs, outputs[0]);
    },
  },
  39: {
    name: 'TRANSPOSE',
    read: ({ terms, name, inputs, outputs }) => {
      const perm = [...terms.requireArray(inputs[1]).data];
      terms.node(name, 'Transpose', [terms.value(inputs[0])], { perm }, outputs[0]);
    },
  },
  40: {
    name: 'MEAN',
    read: ({ terms, name, inputs, outputs, options, shape }) => {
      const axes = [...terms.requireArray(inputs[1]).data].map((axis) => (axis + 4) % 4).sort();
      if (axes.join() !== '1,2') throw new Unmapped('it is not over the pixels');
      if (options?.int8(0) === 1) terms.mean(name, inputs[0], outputs[0]);
      else
        terms.reshape(`${name}/row`, terms.mean(name, inputs[0], `${outputs[0]}:mean`), [1, shape(0)[3]], outputs[0]);
    },
  },
  41: { name: 'SUB', read: binary('Sub') },
  42: { name: 'DIV', read: binary('Div') },
  43: { name: 'SQUEEZE' },
  45: { name: 'STRIDED_SLICE' },
  49: {
    name: 'SPLIT',
    read: ({ terms, name, inputs, outputs }) =>
      terms.split(name, inputs[1], terms.requireArray(inputs[0]).data[0], undefined, outputs),
  },
  54: {
    name: 'PRELU',
    read: ({ terms, name, inputs, outputs }) =>
      void terms.node(name, 'PRelu', [inputs[0], terms.value(inputs[1])], {}, outputs[0]),
  },
  56: {
    name: 'ARG_MAX',
    read: ({ terms, name, inputs, outputs }) => void terms.node(name, 'ArgMax', [inputs[0]], { axis: 3 }, outputs[0]),
  },
  65: {
    name: 'SLICE',
    read: ({ terms, name, inputs, outputs, shape }) => {
      const begin = [...terms.requireArray(inputs[1]).data];
      const sizes = [...terms.requireArray(inputs[2]).data];
      const ends = sizes.map((size, i) => (size < 0 ? shape(0)[i] : begin[i] + size));
      const lists = [begin, ends].map((list, i) => terms.whole(`${outputs[0]}:${i}`, list));
      terms.node(name, 'Slice', [terms.value(inputs[0]), ...lists], {}, outputs[0]);
    },
  },
  67: {
    name: 'TRANSPOSE_CONV',
    read: (call) => {
      const { terms, name, inputs } = call;
      const [, height, width] = terms.requireArray(inputs[0]).data;
      const stored = terms.requireArray(inputs[1]);
      const [outputs, down, across, channels] = stored.shape;
      // [outputs, height, width, inputs] as [height, width, outputs, inputs]
      const data = new Float32Array(stored.data.length);
      const places = down * across;
      for (let o = 0; o < outputs; o++) {
        for (let at = 0; at < places; at++) {
          const from = (o * places + at) * channels;
          data.set(stored.data.subarray(from, from + channels), (at * outputs + o) * channels);
        }
      }
      const bias = inputs[3] === undefined ? undefined : terms.requireArray(inputs[3]);
      const window = { strides: strides(call), padding: padding(call) };
      withActivation(call, fused(call, 3), (output) => {
        const filter = { shape: [down, across, outputs, channels], data };
        terms.convTranspose(name, inputs[2], filter, bias, { window, to: [height, width], output });
      });
    },
  },
  97: { name: 'RESIZE_NEAREST_NEIGHBOR', read: resize(true) },
  98: {
    name: 'LEAKY_RELU',
    read: ({ terms, name, inputs, outputs, options }) =>
      void terms.node(name, 'LeakyRelu', [inputs[0]], { alpha: options?.float32(0) ?? 0 }, outputs[0]),
  },
  117: { name: 'HARD_SWISH', read: activation('HardSwish') },
};
