/** What the writers of node kinds write into: the nodes and constants of an ONNX graph, NCHW, one image at a time. */
import type { GraphNode, ParamSpec } from '../../networks/graph.ts';
import type { Size3 } from '../../networks/node-kind.ts';
import { toTorch } from '../../networks/torch-layout.ts';
import { elements } from '../tensor-file.ts';
import { ATTRIBUTE, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './proto.ts';
import { tensorOf } from './tensors.ts';

/** Whole numbers and lists of them, real numbers as `{ float }`, texts. */
export type Attribute = number | readonly number[] | string | { float: number };

/** A graph's node with all that writing it needs. */
export interface WriteCall {
  node: GraphNode;
  /** The values of its inputs in the file, and the name of its own. */
  inputs: string[];
  output: string;
  /** Height, width and channels of the inputs and of the output. */
  sizes: readonly Size3[];
  size: Size3;
  writer: OnnxWriter;
}

/** Writes one kind of node. */
export type WriteKind = (call: WriteCall) => void;

export class OnnxWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly weights: ReadonlyMap<string, Float32Array>;
  private readonly written = new Set<string>();

  constructor(weights: ReadonlyMap<string, Float32Array>) {
    this.weights = weights;
  }

  /** Adds an operator and gives back the name of its value. */
  op(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Record<string, Attribute> = {},
    moreOutputs: readonly string[] = [],
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.nodes.push({ input: [...inputs], output: [output, ...moreOutputs], name: output, opType, attribute });
    return output;
  }

  /** A parameter in PyTorch's layout and by PyTorch's name, in another shape of as many values where one is given. */
  param(spec: ParamSpec, shape: readonly number[] = spec.torchShape): string {
    // Nodes that repeat another have its arrays.
    if (this.written.has(spec.torchName)) return spec.torchName;
    return this.array(spec.torchName, shape, toTorch(spec, this.weights.get(spec.name)!));
  }

  /** A constant of real numbers. */
  array(name: string, shape: readonly number[], data: Float32Array): string {
    if (elements(shape) !== data.length) throw new Error(`${name}: ${data.length} values for the shape ${shape}`);
    return this.constant(tensorOf(name, shape, data));
  }

  /** A list of whole numbers: sizes, axes, paddings. */
  ints(name: string, values: readonly number[]): string {
    return this.constant(tensorOf(name, [values.length], BigInt64Array.from(values, BigInt)));
  }

  /** One real number. */
  scalar(name: string, value: number): string {
    return this.array(name, [], Float32Array.of(value));
  }

  private constant(tensor: OnnxTensor): string {
    const name = tensor.name!;
    if (this.written.has(name)) throw new Error(`Two constants of the ONNX file are called ${name}.`);
    this.written.add(name);
    this.initializers.push(tensor);
    return name;
  }
}

function attributeOf(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}
