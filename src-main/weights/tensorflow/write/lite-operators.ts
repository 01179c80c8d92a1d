/**
 * TensorFlow's operators, as `writeGraph` gives them, as TensorFlow Lite's
 * (tensorflow/compiler/mlir/lite/schema/schema.fbs: `BuiltinOperator`, `BuiltinOptions` and the tables of options).
 */
import { elements } from '../../tensor-file.ts';
import type { Attribute, GraphWriter, WrittenArray, WrittenNode } from './graph-writer.ts';
import { Unwritable } from './unwritable.ts';

/** A field of a table of options: its number, its type and its value. */
export type Field = readonly [slot: number, type: 'int8' | 'int32' | 'float32', value: number];

export interface LiteOperator {
  code: number;
  version: number;
  options: { type: number; fields: readonly Field[] } | null;
  inputs: readonly string[];
  outputs: readonly string[];
}

/** A value's shape, and its numbers where they are known. */
export interface LiteTensor {
  shape: readonly number[];
  data?: WrittenArray['data'];
}

export interface LiteGraph {
  tensors: ReadonlyMap<string, LiteTensor>;
  operators: readonly LiteOperator[];
}

/** @param input the value that the graph takes, and its shape @throws Unwritable, with the name of the node before what it says */
export function liteGraph(writer: GraphWriter, input: { name: string; shape: readonly number[] }): LiteGraph {
  const lowering = new Lowering(writer, input);
  for (const node of writer.nodes) {
    if (lowering.done.has(node)) continue;
    const lower = Object.hasOwn(LOWER, node.op) ? LOWER[node.op] : undefined;
    if (!lower) throw new Unwritable(`${node.name} needs ${node.op}`);
    lower(lowering, node);
  }
  return lowering;
}

class Lowering implements LiteGraph {
  readonly tensors = new Map<string, LiteTensor>();
  readonly operators: LiteOperator[] = [];
  /** Nodes that became part of another. */
  readonly done = new Set<WrittenNode>();
  private readonly readers = new Map<string, WrittenNode[]>();

  constructor({ nodes, arrays }: GraphWriter, { name, shape }: { name: string; shape: readonly number[] }) {
    this.tensors.set(name, { shape });
    for (const array of arrays) this.tensors.set(array.name, array);
    for (const node of nodes) {
      for (const one of node.inputs) this.readers.set(one, [...(this.readers.get(one) ?? []), node]);
    }
  }

  shape(name: string): readonly number[] {
    return this.tensors.get(name)!.shape;
  }

  /** Numbers that are known. */
  numbers(name: string): WrittenArray['data'] {
    return this.tensors.get(name)!.data!;
  }

  /** The only node that reads a value, where it is of a kind. */
  only(name: string, op: string): WrittenNode | undefined {
    const list = this.readers.get(name) ?? [];
    return list.length === 1 && list[0].op === op ? list[0] : undefined;
  }

  array(name: string, shape: readonly number[], data: WrittenArray['data']): string {
    this.tensors.set(name, { shape, data });
    return name;
  }

  add(
    code: number,
    inputs: readonly string[],
    output: string,
    shape: readonly number[],
    options: LiteOperator['options'] = null,
    version = 1,
  ): void {
    this.tensors.set(output, { shape });
    this.operators.push({ code, version, options, inputs, outputs: [output] });
  }
}

type Lower = (graph: Lowering, node: WrittenNode) => void;

const list = (value: Attribute | undefined, otherwise: readonly number[]): readonly number[] =>
  Array.isArray(value) ? value : otherwise;
const bit = (flag: Attribute | undefined) => (flag === true ? 1 : 0);
/** `Padding`. */
const padding = ({ attributes }: WrittenNode) => (attributes.padding === 'SAME' ? 0 : 1);

/** Rows or columns of what a window makes. */
function along(node: WrittenNode, size: number, kernel: number, axis: 1 | 2): number {
  const stride = list(node.attributes.strides, [1, 1, 1, 1])[axis];
  const dilation = list(node.attributes.dilations, [1, 1, 1, 1])[axis];
  if (padding(node) === 0) return Math.ceil(size / stride);
  return Math.floor((size - (kernel - 1) * dilation - 1) / stride) + 1;
}

function windowed(
  node: WrittenNode,
  [, height, width]: readonly number[],
  kernel: readonly number[],
  channels: number,
) {
  return [1, along(node, height, kernel[0], 1), along(node, width, kernel[1], 2), channels];
}

/** Shapes side by side, the last axes under each other. */
function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], i: number) => shape[i - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)));
}

const unary =
  (code: number, options: LiteOperator['options'] = null): Lower =>
  (graph, { name, inputs: [x] }) =>
    graph.add(code, [x], name, graph.shape(x), options);

const binary =
  (code: number, options: LiteOperator['options'] = null): Lower =>
  (graph, { name, inputs: [a, b] }) =>
    graph.add(code, [a, b], name, broadcast(graph.shape(a), graph.shape(b)), options);

/** Factor and offset of each channel that a batch norm comes to. */
function line(graph: Lowering, { inputs, attributes }: WrittenNode): { factor: Float32Array; offset: Float32Array } {
  const [scale, shift, mean, variance] = inputs.slice(1, 5).map((name) => graph.numbers(name));
  const { float: epsilon } = attributes.epsilon as { float: number };
  const factor = Float32Array.from(scale, (value, c) => value / Math.sqrt(variance[c] + epsilon));
  return { factor, offset: Float32Array.from(shift, (value, c) => value - mean[c] * factor[c]) };
}

/**
 * A convolution with the bias and the batch norm that follow it and nothing else reads, in its filter.
 * @param filter its array, and which of its axes are the outputs
 * @param order the axes as TensorFlow Lite has them
 * @returns names of the filter and the bias, and of the value that it all ends in
 */
function filterOf(
  graph: Lowering,
  node: WrittenNode,
  filter: string,
  outputs: readonly number[],
  order: readonly number[],
) {
  const shape = graph.shape(filter);
  const channels = elements(outputs.map((axis) => shape[axis]));
  let bias = new Float32Array(channels);
  let factor: Float32Array = new Float32Array(channels).fill(1);
  let end = node.name;
  const added = graph.only(end, 'BiasAdd');
  if (added) {
    bias = Float32Array.from(graph.numbers(added.inputs[1]));
    graph.done.add(added);
    end = added.name;
  }
  const norm = graph.only(end, 'FusedBatchNormV3');
  if (norm) {
    const { factor: times, offset } = line(graph, norm);
    factor = times;
    bias = bias.map((value, c) => value * times[c] + offset[c]);
    graph.done.add(norm);
    end = norm.name;
  }
  const strides = shape.map((_, i) => elements(shape.slice(i + 1)));
  const turned = order.map((axis) => shape[axis]);
  const values = graph.numbers(filter);
  const data = new Float32Array(values.length);
  const index = order.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (const [k, axis] of order.entries()) from += index[k] * strides[axis];
    const channel = outputs.reduce((at, axis) => at * shape[axis] + index[order.indexOf(axis)], 0);
    data[i] = values[from] * factor[channel];
    for (let k = order.length - 1; k >= 0; k--) {
      if (++index[k] < turned[k]) break;
      index[k] = 0;
    }
  }
  return {
    weights: graph.array(`${end}/filter`, turned, data),
    bias: graph.array(`${end}/bias`, [channels], bias),
    channels,
    end,
  };
}

const convolution: Lower = (graph, node) => {
  const [x, filter] = node.inputs;
  if (!graph.tensors.get(filter)?.data) throw new Unwritable(`${node.name} has a computed filter`);
  const { weights, bias, channels, end } = filterOf(graph, node, filter, [3], [3, 0, 1, 2]);
  const [, down, across] = list(node.attributes.strides, []);
  const [, dilatedDown, dilatedAcross] = list(node.attributes.dilations, [1, 1, 1, 1]);
  const options = {
    type: 1,
    fields: [
      [0, 'int8', padding(node)],
      [1, 'int32', across],
      [2, 'int32', down],
      [4, 'int32', dilatedAcross],
      [5, 'int32', dilatedDown],
    ] as Field[],
  };
  graph.add(3, [x, weights, bias], end, windowed(node, graph.shape(x), graph.shape(filter), channels), options);
};

const depthwise: Lower = (graph, node) => {
  const [x, filter] = node.inputs;
  const shape = graph.shape(filter);
  const { weights, bias, channels, end } = filterOf(graph, node, filter, [2, 3], [0, 1, 2, 3]);
  // [height, width, channels, multiplier] lies in memory as [1, height, width, channels · multiplier] does
  const flat = graph.array(weights, [1, shape[0], shape[1], channels], graph.numbers(weights));
  const [, down, across] = list(node.attributes.strides, []);
  const [, dilatedDown, dilatedAcross] = list(node.attributes.dilations, [1, 1, 1, 1]);
  const options = {
    type: 2,
    fields: [
      [0, 'int8', padding(node)],
      [1, 'int32', across],
      [2, 'int32', down],
      [3, 'int32', shape[3]],
      [5, 'int32', dilatedAcross],
      [6, 'int32', dilatedDown],
    ] as Field[],
  };
  graph.add(4, [x, flat, bias], end, windowed(node, graph.shape(x), shape, channels), options, 2);
};

const transposed: Lower = (graph, node) => {
  const [size, filter, x] = node.inputs;
  const { weights, bias, end } = filterOf(graph, node, filter, [2], [2, 0, 1, 3]);
  const [, down, across] = list(node.attributes.strides, []);
  const options = {
    type: 49,
    fields: [
      [0, 'int8', padding(node)],
      [1, 'int32', across],
      [2, 'int32', down],
    ] as Field[],
  };
  graph.add(67, [size, weights, x, bias], end, [...graph.numbers(size)], options, 3);
};

function pool(code: number): Lower {
  return (graph, node) => {
    const [x] = node.inputs;
    const [, height, width] = list(node.attributes.ksize, []);
    const [, down, across] = list(node.attributes.strides, []);
    const shape = graph.shape(x);
    const fields: Field[] = [
      [0, 'int8', padding(node)],
      [1, 'int32', across],
      [2, 'int32', down],
      [3, 'int32', width],
      [4, 'int32', height],
    ];
    graph.add(code, [x], node.name, windowed(node, shape, [height, width], shape[3]), { type: 5, fields });
  };
}

function padded(code: number, type: number): Lower {
  return (graph, { name, inputs }) => {
    const pads = graph.numbers(inputs[1]);
    const shape = graph.shape(inputs[0]).map((size, i) => size + pads[2 * i] + pads[2 * i + 1]);
    graph.add(code, inputs, name, shape, { type, fields: [] });
  };
}

function resize(code: number, type: number, slots: readonly [number, number]): Lower {
  return (graph, { name, inputs, attributes }) => {
    const [, , , channels] = graph.shape(inputs[0]);
    const fields: Field[] = [
      [slots[0], 'int8', bit(attributes.align_corners)],
      [slots[1], 'int8', bit(attributes.half_pixel_centers)],
    ];
    graph.add(code, inputs, name, [1, ...graph.numbers(inputs[1]), channels], { type, fields }, 3);
  };
}

/** Filters in groups are cut here, what is computed in TensorFlow Lite. */
const split: Lower = (graph, { name, inputs: [axis, x], attributes }) => {
  const parts = attributes.num_split as number;
  const outputs = Array.from({ length: parts }, (_, i) => (i === 0 ? name : `${name}:${i}`));
  const { shape, data } = graph.tensors.get(x)!;
  const size = [...shape.slice(0, -1), shape[shape.length - 1] / parts];
  if (data instanceof Float32Array) {
    const [all, own] = [shape[shape.length - 1], size[size.length - 1]];
    for (const [g, output] of outputs.entries()) {
      const values = Float32Array.from({ length: data.length / parts }, (_, i) => {
        return data[Math.floor(i / own) * all + g * own + (i % own)];
      });
      graph.array(output, size, values);
    }
    return;
  }
  for (const output of outputs.slice(1)) graph.tensors.set(output, { shape: size });
  graph.add(49, [axis, x], name, size, { type: 35, fields: [[0, 'int32', parts]] });
  graph.operators.push({ ...graph.operators.pop()!, outputs });
};

const batchNorm: Lower = (graph, node) => {
  const { name, inputs } = node;
  const { factor, offset } = line(graph, node);
  const shape = graph.shape(inputs[0]);
  const scale = graph.array(`${name}/factor`, [factor.length], factor);
  graph.add(18, [inputs[0], scale], `${name}/scaled`, shape, { type: 21, fields: [] });
  graph.add(0, [`${name}/scaled`, graph.array(`${name}/offset`, [offset.length], offset)], name, shape, ADD);
};

const ADD = { type: 11, fields: [] };

const LOWER: Record<string, Lower> = {
  Conv2D: convolution,
  DepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposed,
  FusedBatchNormV3: batchNorm,
  BiasAdd: binary(0, ADD),
  AddV2: binary(0, ADD),
  Sub: binary(41, { type: 28, fields: [] }),
  Mul: binary(18, { type: 21, fields: [] }),
  Maximum: binary(55, { type: 39, fields: [] }),
  Relu: unary(19),
  Relu6: unary(21),
  Sigmoid: unary(14),
  Neg: unary(59, { type: 42, fields: [] }),
  Rsqrt: unary(76),
  Softmax: unary(25, { type: 9, fields: [[0, 'float32', 1]] }),
  Prelu: (graph, { name, inputs: [x, slopes] }) => {
    const alpha = graph.array(`${name}/slopes`, [1, 1, graph.shape(slopes)[0]], graph.numbers(slopes));
    graph.add(54, [x, alpha], name, graph.shape(x));
  },
  AvgPool: pool(1),
  MaxPool: pool(17),
  Pad: padded(34, 22),
  PadV2: padded(60, 43),
  ResizeBilinear: resize(23, 15, [2, 3]),
  ResizeNearestNeighbor: resize(97, 74, [0, 1]),
  Identity: (graph, { name, inputs: [x] }) => {
    // There is no such operator: the same shape again
    const shape = graph.shape(x);
    const sizes = graph.array(`${name}/shape`, [shape.length], Int32Array.from(shape));
    graph.add(22, [x, sizes], name, shape);
  },
  Mean: (graph, { name, inputs }) => {
    const axes = [...graph.numbers(inputs[1])];
    const shape = graph.shape(inputs[0]).map((size, i) => (axes.includes(i) ? 1 : size));
    graph.add(40, inputs, name, shape, { type: 27, fields: [[0, 'int8', 1]] });
  },
  Reshape: (graph, { name, inputs }) => graph.add(22, inputs, name, [...graph.numbers(inputs[1])]),
  Slice: (graph, { name, inputs }) => {
    graph.add(65, inputs, name, [...graph.numbers(inputs[2])], { type: 48, fields: [] });
  },
  Transpose: (graph, { name, inputs }) => {
    const shape = graph.shape(inputs[0]);
    const turned = [...graph.numbers(inputs[1])].map((axis) => shape[axis]);
    graph.add(39, inputs, name, turned, { type: 26, fields: [] });
  },
  ConcatV2: (graph, { name, inputs }) => {
    const parts = inputs.slice(0, -1);
    const [axis] = graph.numbers(inputs[inputs.length - 1]);
    const shape = [...graph.shape(parts[0])];
    shape[axis] = parts.reduce((sum, part) => sum + graph.shape(part)[axis], 0);
    graph.add(2, parts, name, shape, { type: 10, fields: [[0, 'int32', axis]] });
  },
  Split: split,
  BatchMatMulV2: (graph, { name, inputs: [a, b], attributes }) => {
    const turned = (shape: readonly number[], flag: Attribute | undefined) => {
      const [rows, columns] = shape.slice(-2);
      return flag === true ? [columns, rows] : [rows, columns];
    };
    const [x, y] = [graph.shape(a), graph.shape(b)];
    const [rows] = turned(x, attributes.adj_x);
    const [, columns] = turned(y, attributes.adj_y);
    const fields: Field[] = [
      [0, 'int8', bit(attributes.adj_x)],
      [1, 'int8', bit(attributes.adj_y)],
    ];
    graph.add(126, [a, b], name, [...broadcast(x.slice(0, -2), y.slice(0, -2)), rows, columns], { type: 101, fields });
  },
};
