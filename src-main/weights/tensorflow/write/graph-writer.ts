/** What the writers of node kinds write into: TensorFlow's operators and arrays, NHWC, one image at a time. */
import type { GraphNode, ParamSpec } from '../../../networks/graph.ts';
import type { Size3 } from '../../../networks/node-kind.ts';
import { elements } from '../../tensor-file.ts';

/** Whole numbers, truth values, texts, lists of whole numbers; real numbers as `{ float }`. */
export type Attribute = number | boolean | string | readonly number[] | { float: number };

/** A graph's node with all that writing it needs. */
export interface GraphWriteCall {
  node: GraphNode;
  /** The values of its inputs in the file, and the name of its own. */
  inputs: string[];
  output: string;
  /** Height, width and channels of the inputs and of the output. */
  sizes: readonly Size3[];
  size: Size3;
  /** Whether the first input is never below zero. */
  positive: boolean;
  writer: GraphWriter;
}

export type WriteGraphKind = (call: GraphWriteCall) => void;

/** An array of the file: real numbers, or whole ones of 32 bits. */
export interface WrittenArray {
  name: string;
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

/** An operator of TensorFlow's on real numbers. */
export interface WrittenNode {
  name: string;
  op: string;
  inputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export class GraphWriter {
  readonly nodes: WrittenNode[] = [];
  readonly arrays: WrittenArray[] = [];
  private readonly weights: ReadonlyMap<string, Float32Array>;
  private readonly written = new Set<string>();

  constructor(weights: ReadonlyMap<string, Float32Array>) {
    this.weights = weights;
  }

  /** Adds an operator and gives back the name of its value. */
  op(op: string, inputs: readonly string[], name: string, attributes: Record<string, Attribute> = {}): string {
    this.nodes.push({ name, op, inputs, attributes });
    return name;
  }

  /** A parameter in our layout, which is TensorFlow's, by its name here; in another shape of as many values where one is given. */
  param(spec: ParamSpec, shape: readonly number[] = spec.shape): string {
    // Nodes that repeat another have its arrays
    if (this.written.has(spec.name)) return spec.name;
    return this.array(spec.name, shape, this.weights.get(spec.name)!);
  }

  /** A constant of real numbers. */
  array(name: string, shape: readonly number[], data: Float32Array): string {
    return this.constant({ name, shape, data });
  }

  /** A list of whole numbers: sizes, axes, paddings. */
  ints(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant({ name, shape, data: Int32Array.from(values) });
  }

  /** One real number. */
  scalar(name: string, value: number): string {
    return this.array(name, [], Float32Array.of(value));
  }

  /** x in another shape. */
  reshape(x: string, shape: readonly number[], name: string): string {
    return this.op('Reshape', [x, this.ints(`${name}/shape`, shape)], name);
  }

  /** The mean over some axes, which stay with a size of one. */
  mean(x: string, axes: readonly number[], name: string): string {
    return this.op('Mean', [x, this.ints(`${name}/axes`, axes)], name, { keep_dims: true });
  }

  /** Zeros, or another value, around the rows and columns, and zeros after the channels. */
  pad(x: string, [top, bottom, left, right]: readonly number[], name: string, channels = 0, value = 0): string {
    if ([top, bottom, left, right, channels].every((one) => one === 0)) return x;
    const pads = this.ints(`${name}/paddings`, [0, 0, top, bottom, left, right, 0, channels], [4, 2]);
    if (value === 0) return this.op('Pad', [x, pads], name);
    return this.op('PadV2', [x, pads, this.scalar(`${name}/value`, value)], name);
  }

  private constant(array: WrittenArray): string {
    const { name, shape, data } = array;
    if (this.written.has(name)) throw new Error(`Two constants of the graph are called ${name}.`);
    if (elements(shape) !== data.length) throw new Error(`${name}: ${data.length} values for the shape ${shape}`);
    this.written.add(name);
    this.arrays.push(array);
    return name;
  }
}
