/** Keras layers, as TensorFlow.js's layers models describe them, in ONNX's terms. */
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import type { OnnxModel } from '../onnx/proto.ts';
import { Unmapped } from '../onnx/read/reader.ts';
import { ADVICE } from './graph-def.ts';
import { type Activation, type KnownArray, OnnxTerms, type Padding } from './onnx-terms.ts';
import type { TfjsFile } from './tfjs-weights.ts';

const layer = z.object({
  class_name: z.string().max(200),
  config: z.record(z.string(), z.unknown()),
  name: z.string().max(500).optional(),
  inbound_nodes: z.array(z.unknown()).max(100).optional(),
});
type Layer = z.infer<typeof layer>;

const modelConfig = z.object({
  class_name: z.string(),
  config: z.union([
    z.array(layer).max(10_000),
    z.object({ layers: z.array(layer).max(10_000), output_layers: z.array(z.unknown()).optional() }),
  ]),
});
/** As Keras's converter writes it, or as TensorFlow.js itself does. */
const topologies = z.union([z.object({ model_config: modelConfig }).transform((one) => one.model_config), modelConfig]);

interface LayerCall {
  name: string;
  terms: OnnxTerms;
  inputs: string[];
  config: Readonly<Record<string, unknown>>;
  /** One of its arrays, `kernel` or the like. */
  array(name: string): KnownArray | undefined;
}

/**
 * The layers from the picture to the last output.
 * @throws Problem naming a layer that has no place
 */
export function layersInTerms({ topology, arrays }: TfjsFile, file: string): OnnxModel {
  const refuse = (what: string) => new Problem(`${file} ${what}.`, { where: file, next: ADVICE });
  const parsed = topologies.safeParse(topology);
  if (!parsed.success) throw refuse('holds no layers that can be read');
  const { class_name: kind, config } = parsed.data;
  const layers = Array.isArray(config) ? config : config.layers;
  const chain = kind === 'Sequential';
  const terms = new OnnxTerms();
  let input: { name: string; shape: (number | null)[] } | undefined;
  let before: string | undefined;
  for (const one of layers) {
    const name = String(one.name ?? one.config.name ?? '');
    const shape = z
      .array(z.number().int().nullable())
      .safeParse(one.config.batch_input_shape ?? one.config.batch_shape);
    if (shape.success && !input) {
      // A chain of layers tells its input's size with the first of them
      input = { name: one.class_name === 'InputLayer' ? name : `${name}:input`, shape: shape.data };
      before = input.name;
    }
    if (one.class_name === 'InputLayer') continue;
    const read = Object.hasOwn(LAYERS, one.class_name) ? LAYERS[one.class_name] : undefined;
    try {
      if (!read) throw new Unmapped('it has no place in a graph here');
      const inputs = chain ? [before ?? ''] : inboundOf(one);
      read({ name, terms, inputs, config: one.config, array: (array) => arrays.get(`${name}/${array}`) });
    } catch (error) {
      if (!(error instanceof Unmapped)) throw error;
      throw refuse(`cannot become a graph here: of ${name} (${one.class_name}), ${error.message}`);
    }
    before = name;
  }
  if (input?.shape.length !== 4 || input.shape[3] !== 3) throw refuse('does not take one picture of three channels');
  const output = Array.isArray(config) || chain ? before : (firstName(config.output_layers) ?? before);
  const [, height, width] = input.shape;
  return terms.model(input.name, [height ?? undefined, width ?? undefined], output!, 4);
}

/** The names of the layers that one reads: `[[["name", 0, 0, {}], …]]`. */
function inboundOf({ inbound_nodes: nodes = [] }: Layer): string[] {
  const reference = z.tuple([z.string(), z.number(), z.number()]).rest(z.unknown());
  const calls = z.array(z.array(reference)).safeParse(nodes);
  if (!calls.success || calls.data.length !== 1) throw new Unmapped('it is used more than once, or in a way not known');
  return calls.data[0].map(([name, , output]) => {
    if (output !== 0) throw new Unmapped('it takes another output than the first');
    return name;
  });
}

function firstName(outputs: unknown[] | undefined): string | undefined {
  const [first] = outputs ?? [];
  const name = Array.isArray(first) ? first[0] : first;
  return typeof name === 'string' ? name : undefined;
}

const ACTIVATIONS: Record<string, Activation> = {
  ...{ linear: null, relu: 'Relu', relu6: 'Relu6', sigmoid: 'Sigmoid', tanh: 'Tanh', softmax: 'Softmax' },
  ...{ swish: 'Swish', silu: 'Swish' },
};

function activationOf({ config }: LayerCall): Activation {
  const name = String(config.activation ?? 'linear');
  if (!Object.hasOwn(ACTIVATIONS, name)) throw new Unmapped(`its activation is ${name}`);
  return ACTIVATIONS[name];
}

function withActivation(call: LayerCall, make: (output: string) => void): void {
  const activation = activationOf(call);
  const output = call.terms.before(activation, call.name);
  make(output);
  if (activation) call.terms.activate(`${call.name}/${activation}`, activation, output, call.name);
}

function pair({ config }: LayerCall, key: string, otherwise: number): [number, number] {
  const value = config[key] ?? otherwise;
  const parsed = z.union([z.number(), z.tuple([z.number(), z.number()])]).safeParse(value);
  if (!parsed.success) throw new Unmapped(`its ${key} is not known`);
  return typeof parsed.data === 'number' ? [parsed.data, parsed.data] : parsed.data;
}

function padding({ config }: LayerCall): Padding {
  const name = String(config.padding ?? 'valid').toUpperCase();
  if (name !== 'SAME' && name !== 'VALID') throw new Unmapped(`its padding is ${name}`);
  return name;
}

function requireChannelsLast({ config }: LayerCall): void {
  if ((config.data_format ?? 'channels_last') !== 'channels_last') throw new Unmapped('its channels come first');
}

const convolution =
  (groups: 'one' | 'depthwise'): ((call: LayerCall) => void) =>
  (call) => {
    requireChannelsLast(call);
    const filter = call.array(groups === 'one' ? 'kernel' : 'depthwise_kernel') ?? call.array('kernel');
    if (!filter) throw new Unmapped('its filter is missing');
    if ((call.config.groups ?? 1) !== 1) throw new Unmapped('it has groups');
    const bias = call.config.use_bias === false ? undefined : call.array('bias');
    const window = {
      strides: pair(call, 'strides', 1),
      dilations: pair(call, 'dilation_rate', 1),
      padding: padding(call),
    };
    withActivation(call, (output) =>
      call.terms.conv(call.name, call.inputs[0], filter, bias, { window, groups, output }),
    );
  };

const pool =
  (kind: 'MaxPool' | 'AveragePool'): ((call: LayerCall) => void) =>
  (call) => {
    requireChannelsLast(call);
    const size = pair(call, 'pool_size', 2);
    const strides = call.config.strides == null ? size : pair(call, 'strides', 1);
    call.terms.pool(call.name, kind, call.inputs[0], size, { strides, padding: padding(call) }, call.name);
  };

const joined =
  (opType: string): ((call: LayerCall) => void) =>
  ({ terms, name, inputs }) => {
    const [first, ...rest] = inputs;
    rest.reduce((sum, one, i) => {
      return terms.node(
        `${name}${i ? `/${i}` : ''}`,
        opType,
        [sum, one],
        {},
        i === rest.length - 1 ? name : `${name}:${i}`,
      );
    }, first);
  };

const activation =
  (kind: Activation): ((call: LayerCall) => void) =>
  ({ terms, name, inputs }) =>
    void terms.activate(name, kind, inputs[0], name);

/** By Keras's names. */
const LAYERS: Record<string, (call: LayerCall) => void> = {
  Conv2D: convolution('one'),
  DepthwiseConv2D: convolution('depthwise'),
  BatchNormalization: (call) => {
    const gamma = call.array('gamma');
    const beta = call.array('beta');
    const [mean, variance] = [call.array('moving_mean'), call.array('moving_variance')];
    if (!mean || !variance) throw new Unmapped('its mean or variance is missing');
    const filled = (value: number): KnownArray => ({ ...mean, data: new Float32Array(mean.data.length).fill(value) });
    const arrays = [gamma ?? filled(1), beta ?? filled(0), mean, variance];
    call.terms.batchNorm(call.name, call.inputs[0], arrays, Number(call.config.epsilon ?? 1e-3), call.name);
  },
  Activation: (call) => void call.terms.activate(call.name, activationOf(call), call.inputs[0], call.name),
  ReLU: (call) => {
    const most = call.config.max_value;
    if (most != null && most !== 6) throw new Unmapped(`it ends at ${String(most)}`);
    if (Number(call.config.negative_slope ?? 0) !== 0) throw new Unmapped('it has a slope');
    call.terms.activate(call.name, most === 6 ? 'Relu6' : 'Relu', call.inputs[0], call.name);
  },
  LeakyReLU: ({ terms, name, inputs, config }) =>
    void terms.node(name, 'LeakyRelu', [inputs[0]], { alpha: Number(config.alpha ?? config.negative_slope ?? 0.3) }),
  Softmax: activation('Softmax'),
  MaxPooling2D: pool('MaxPool'),
  AveragePooling2D: pool('AveragePool'),
  GlobalAveragePooling2D: (call) => {
    requireChannelsLast(call);
    const { terms, name, inputs } = call;
    // A row [1, channels] is the same numbers as a picture of one pixel
    terms.mean(name, inputs[0], name);
  },
  ZeroPadding2D: (call) => {
    const value = call.config.padding ?? 1;
    const sides = z.tuple([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number()])]).safeParse(value);
    const [rows, columns] = sides.success ? sides.data : pair(call, 'padding', 1).map((side) => [side, side] as const);
    call.terms.pad(call.name, call.inputs[0], [[0, 0], rows, columns, [0, 0]], call.name);
  },
  UpSampling2D: (call) => {
    const [height, width] = pair(call, 'size', 2);
    const nearest = (call.config.interpolation ?? 'nearest') === 'nearest';
    if (!nearest && call.config.interpolation !== 'bilinear') throw new Unmapped('it resizes by nothing known');
    call.terms.enlarge(call.name, call.inputs[0], [height, width], nearest, call.name);
  },
  Add: joined('Add'),
  Multiply: joined('Mul'),
  Concatenate: ({ terms, name, inputs, config }) =>
    void terms.node(name, 'Concat', inputs, { axis: Number(config.axis ?? -1) }),
  Dense: (call) => {
    const kernel = call.array('kernel');
    if (!kernel) throw new Unmapped('its matrix is missing');
    const bias = call.config.use_bias === false ? undefined : call.array('bias');
    withActivation(call, (output) => call.terms.dense(call.name, call.inputs[0], kernel, bias, output));
  },
  Dropout: activation(null),
  SpatialDropout2D: activation(null),
};
