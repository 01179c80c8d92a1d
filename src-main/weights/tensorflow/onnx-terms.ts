/**
 * TensorFlow's operators in ONNX's terms, so that one reader makes graphs of both (onnx/read.ts). TensorFlow's pictures are
 * NHWC and stay so from operator to operator: where ONNX wants NCHW they are turned before and back after, which is only
 * another view there and costs nothing.
 */
import { toTorch } from '../../networks/torch-layout.ts';
import { ATTRIBUTE, type OnnxAttribute, type OnnxModel, type OnnxNode } from '../onnx/proto.ts';
import { Unmapped } from '../onnx/read/reader.ts';

/** The opset whose operators are written. */
const OPSET = 18;
const FLOAT = 1;
const INT64 = 7;
const NCHW = [0, 3, 1, 2];
const NHWC = [0, 2, 3, 1];

/** An array whose values are known. */
export interface KnownArray {
  shape: number[];
  /** Whole numbers (sizes, axes) come as Float64Array. */
  data: Float32Array | Float64Array;
}

export type Activation = 'Relu' | 'Relu6' | 'Tanh' | 'Sigmoid' | 'Softmax' | 'HardSwish' | 'Swish' | null;

/** SAME and VALID as in TensorFlow; or rows and columns of zeros: top, left, bottom, right. */
export type Padding = 'SAME' | 'VALID' | readonly [number, number, number, number];

export interface Window {
  strides: readonly [number, number];
  dilations?: readonly [number, number];
  padding: Padding;
}

type Attribute = number | string | readonly number[];

export class OnnxTerms {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxModel['graph']['initializer'] = [];
  private readonly known = new Map<string, KnownArray>();
  private readonly names = new Set<string>();

  /** Says that an array is known. */
  array(name: string, array: KnownArray): void {
    this.known.set(name, array);
  }

  /** An array, where it is known. */
  arrayOf(name: string | undefined): KnownArray | undefined {
    return name === undefined ? undefined : this.known.get(name);
  }

  /** An array that has to be known. */
  requireArray(name: string | undefined): KnownArray {
    const array = this.arrayOf(name);
    if (!array) throw new Unmapped('it takes computed values where they have to be known');
    return array;
  }

  /** The name of a computed value, or of a known array as an input of an operator. */
  value(name: string): string {
    const array = this.known.get(name);
    if (!array) return name;
    return this.initializer(`${name}:array`, array.shape, array.data);
  }

  /** Adds an operator; its value is called as it is where `output` is not given. */
  node(
    name: string,
    opType: string,
    inputs: string[],
    attributes: Record<string, Attribute> = {},
    output = name,
  ): string {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ name: name.replace(/[;:].*$/, ''), opType, input: inputs, output: [output], attribute });
    return output;
  }

  /** An operator of ONNX's on pictures, with other inputs after the first. */
  onPicture(
    name: string,
    opType: string,
    x: string,
    others: string[],
    attributes: Record<string, Attribute>,
    output: string,
  ): string {
    const turned = this.node(
      `${name}/turned`,
      'Transpose',
      [this.value(x)],
      { perm: NCHW },
      this.free(`${output}:nchw`),
    );
    const inner = this.node(name, opType, [turned, ...others], attributes, this.free(`${output}:inner`));
    return this.node(`${name}/back`, 'Transpose', [inner], { perm: NHWC }, output);
  }

  /**
   * A convolution.
   * @param filter HWIO; of a depthwise one [height, width, channels, multiplier]
   */
  conv(
    name: string,
    x: string,
    filter: KnownArray,
    bias: KnownArray | undefined,
    { window, groups, output }: { window: Window; groups: 'one' | 'depthwise'; output: string },
  ): string {
    if (filter.shape.length !== 4) throw new Unmapped(`its filter has ${filter.shape.length} axes`);
    const [height, width, inputs, outputs] = filter.shape;
    const depthwise = groups === 'depthwise';
    const torchShape = depthwise ? [inputs * outputs, 1, height, width] : [outputs, inputs, height, width];
    // A depthwise filter [k, k, C, m] lies in memory as HWIO with one input and C·m outputs does
    const weight = toTorch({ toOurs: 'conv', torchShape }, Float32Array.from(filter.data));
    const arrays = [this.initializer(`${name}.weight`, torchShape, weight)];
    if (bias) arrays.push(this.initializer(`${name}.bias`, bias.shape, bias.data));
    const attributes = { kernel_shape: [height, width], group: depthwise ? inputs : 1, ...windowOf(window) };
    return this.onPicture(name, 'Conv', x, arrays, attributes, output);
  }

  /**
   * A transposed convolution.
   * @param filter HWOI
   * @param to height and width of its output, where they are told; otherwise as many times the input's as its strides say
   */
  convTranspose(
    name: string,
    x: string,
    filter: KnownArray,
    bias: KnownArray | undefined,
    { window, to, output }: { window: Window; to?: readonly [number, number]; output: string },
  ): string {
    const { strides, dilations = [1, 1], padding } = window;
    if (filter.shape.length !== 4) throw new Unmapped(`its filter has ${filter.shape.length} axes`);
    if (Array.isArray(padding) || dilations.some((one) => one !== 1)) throw new Unmapped('its window is not read');
    const [height, width, outputs, inputs] = filter.shape;
    const kernel = [height, width];
    const torchShape = [inputs, outputs, height, width];
    const weight = toTorch({ toOurs: 'convTranspose', torchShape }, Float32Array.from(filter.data));
    const arrays = [this.initializer(`${name}.weight`, torchShape, weight)];
    if (bias) arrays.push(this.initializer(`${name}.bias`, bias.shape, bias.data));
    // What the kernel reaches beyond the strides is cut off, one more after than before where it is odd
    const over = kernel.map((size, i) => (padding === 'SAME' ? Math.max(0, size - strides[i]) : 0));
    const before = over.map((size) => Math.floor(size / 2));
    const size: Record<string, Attribute> = to
      ? { auto_pad: 'SAME_UPPER', output_shape: to }
      : {
          pads: [...before, ...over.map((all, i) => all - before[i])],
          output_padding: kernel.map((one, i) => Math.max(0, strides[i] - one)),
        };
    return this.onPicture(name, 'ConvTranspose', x, arrays, { kernel_shape: kernel, strides, ...size }, output);
  }

  /** @param counts how much of the axis each part has; as much in each where not given */
  split(name: string, x: string, axis: number, counts: number[] | undefined, outputs: readonly string[]): void {
    const inputs = [this.value(x), ...(counts ? [this.whole(`${name}:counts`, counts)] : [])];
    const attribute = [attributeOf('axis', axis)];
    this.nodes.push({ name, opType: 'Split', input: inputs, output: [...outputs], attribute });
  }

  pool(
    name: string,
    kind: 'MaxPool' | 'AveragePool',
    x: string,
    size: readonly number[],
    window: Window,
    output: string,
  ) {
    return this.onPicture(name, kind, x, [], { kernel_shape: size, ...windowOf(window) }, output);
  }

  /** The mean of all pixels: [1, 1, 1, channels]. */
  mean(name: string, x: string, output: string): string {
    return this.onPicture(name, 'GlobalAveragePool', x, [], {}, output);
  }

  /** Batch norm of the last axis. */
  batchNorm(name: string, x: string, arrays: readonly KnownArray[], epsilon: number, output: string): string {
    const names = ['weight', 'bias', 'running_mean', 'running_var'];
    const inputs = arrays.map(({ shape, data }, i) => this.initializer(`${name}.${names[i]}`, shape, data));
    return this.onPicture(name, 'BatchNormalization', x, inputs, { epsilon }, output);
  }

  /** @param size height and width, or the name of what computes them */
  resize(
    name: string,
    x: string,
    size: readonly number[] | string,
    rule: { nearest: boolean; alignCorners: boolean; halfPixel: boolean },
    output: string,
  ): string {
    const places = rule.alignCorners ? 'align_corners' : rule.halfPixel ? 'half_pixel' : 'asymmetric';
    const rounding = rule.alignCorners || rule.halfPixel ? 'round_prefer_ceil' : 'floor';
    const attributes = {
      axes: [2, 3],
      mode: rule.nearest ? 'nearest' : 'linear',
      coordinate_transformation_mode: places,
      ...(rule.nearest ? { nearest_mode: rounding } : {}),
    };
    const sizes = typeof size === 'string' ? size : this.whole(`${name}:size`, size);
    return this.onPicture(name, 'Resize', x, ['', '', sizes], attributes, output);
  }

  /** So many times as high and wide, as Keras's UpSampling2D. */
  enlarge(name: string, x: string, factors: readonly [number, number], nearest: boolean, output: string): string {
    const scales = this.initializer(`${name}:scales`, [2], Float32Array.from(factors));
    const attributes = {
      axes: [2, 3],
      mode: nearest ? 'nearest' : 'linear',
      coordinate_transformation_mode: nearest ? 'asymmetric' : 'half_pixel',
      ...(nearest ? { nearest_mode: 'floor' } : {}),
    };
    return this.onPicture(name, 'Resize', x, ['', scales], attributes, output);
  }

  /** @param pads before and after of each axis, NHWC */
  pad(name: string, x: string, pads: readonly (readonly [number, number])[], output: string): string {
    const [batch, height, width, channels] = pads;
    if (pads.length !== 4 || [...batch, ...channels].some((pad) => pad !== 0)) {
      throw new Unmapped('it pads other axes than rows and columns');
    }
    const list = [0, 0, height[0], width[0], 0, 0, height[1], width[1]];
    return this.onPicture(name, 'Pad', x, [this.whole(`${name}:pads`, list)], { mode: 'constant' }, output);
  }

  /** A matrix [inputs, outputs] on the last axis. */
  dense(name: string, x: string, matrix: KnownArray, bias: KnownArray | undefined, output: string): string {
    const weight = this.initializer(`${name}.weight`, matrix.shape, matrix.data);
    if (!bias) return this.node(name, 'MatMul', [x, weight], {}, output);
    const product = this.node(name, 'MatMul', [x, weight], {}, this.free(`${output}:product`));
    const offset = this.initializer(`${name}.bias`, bias.shape, bias.data);
    return this.node(`${name}/bias`, 'Add', [product, offset], {}, output);
  }

  reshape(name: string, x: string, shape: readonly number[], output: string): string {
    return this.node(name, 'Reshape', [x, this.whole(`${name}:shape`, shape)], { allowzero: 1 }, output);
  }

  activate(name: string, activation: Activation, x: string, output: string): string {
    if (activation === 'Relu6') {
      const [least, most] = [0, 6].map((limit) => this.initializer(`${name}:${limit}`, [], Float32Array.of(limit)));
      return this.node(name, 'Clip', [x, least, most], {}, output);
    }
    if (activation === 'Softmax') return this.node(name, 'Softmax', [x], { axis: -1 }, output);
    return this.node(name, activation ?? 'Identity', [x], {}, output);
  }

  /** What an operator gives before its activation; where it has none, its own value. */
  before(activation: Activation, output: string): string {
    return activation ? this.inner(output) : output;
  }

  /** A name for a step on the way to a value. */
  inner(output: string): string {
    return this.free(`${output}:before`);
  }

  /**
   * The whole as an ONNX model of one picture.
   * @param size height and width of the pictures, where they are told
   * @param output the value of the logits: NHWC, or a row [1, classes]
   * @param rank how many axes it has
   */
  model(input: string, size: readonly (number | undefined)[], output: string, rank: number): OnnxModel {
    const picture = this.free('picture');
    const head: OnnxNode = {
      ...{ name: 'input', opType: 'Transpose', input: [picture], output: [input] },
      attribute: [attributeOf('perm', NHWC)],
    };
    const end = this.free('logits:nchw');
    if (rank === 2) this.reshape('logits:picture', output, [1, -1, 1, 1], end);
    else this.node('logits:turned', 'Transpose', [output], { perm: NCHW }, end);
    const dim = [1, 3, ...size].map((dimValue) => (dimValue === undefined ? {} : { dimValue }));
    const described = (name: string, shape?: { dim: { dimValue?: number }[] }) => ({
      name,
      type: { tensorType: { elemType: FLOAT, shape } },
    });
    return {
      irVersion: 8,
      opsetImport: [{ version: OPSET }],
      metadataProps: [],
      graph: {
        name: 'model',
        node: [head, ...this.nodes],
        initializer: this.initializers,
        input: [described(picture, { dim })],
        output: [described(end)],
      },
    };
  }

  private initializer(wanted: string, shape: readonly number[], data: Float32Array | Float64Array): string {
    const name = this.free(wanted);
    const whole = data instanceof Float64Array;
    const numbers = whole ? { int64Data: [...data] } : { floatData: data as unknown as number[] };
    this.initializers.push({ name, dims: [...shape], dataType: whole ? INT64 : FLOAT, ...numbers });
    return name;
  }

  /** A list of whole numbers: sizes, axes. */
  whole(name: string, values: readonly number[]): string {
    return this.initializer(name, [values.length], Float64Array.from(values));
  }

  private free(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.names.has(name); i++) name = `${wanted}/${i}`;
    this.names.add(name);
    return name;
  }
}

function windowOf({ strides, dilations = [1, 1], padding }: Window): Record<string, Attribute> {
  const around: Record<string, Attribute> = Array.isArray(padding)
    ? { pads: padding as number[] }
    : { auto_pad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID' };
  return { strides: [...strides], dilations: [...dilations], ...around };
}

function attributeOf(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: Buffer.from(value) };
  if (typeof value !== 'number') return { name, type: ATTRIBUTE.ints, ints: [...value] };
  return { name, type: ATTRIBUTE.float, f: value, i: value };
}
