/** What the readers of operators work with: the values so far, and the graph that grows. */
import type { NetworkGraph } from '../../../contract/model.ts';
import { kindOf } from '../../../networks/kinds.ts';
import type { Attributes, Size2, Size3 } from '../../../networks/node-kind.ts';
import { ATTRIBUTE, type OnnxNode } from '../proto.ts';
import { type Constant, readTensor } from '../tensors.ts';
import {
  type Dim,
  dimSize,
  type Feature,
  isPicture,
  pictureDims,
  pixelsDim,
  sameDim,
  type Value,
  wholeDim,
} from './value.ts';

/** Reads one operator: the values of its outputs, in order; those that nobody asks for may be left out. */
export type ReadOperator = (call: ReadCall) => Value | Value[];

/** More values than this are no output of a network for pictures. */
const MAX_OUTPUT = 2 ** 28;

/** Why an operator has no place in our graphs. */
export class Unmapped extends Error {}

/** The graph as it grows, with its weights in our layout. */
export class Growing {
  readonly nodes: NetworkGraph['nodes'] = [];
  readonly weights = new Map<string, Float32Array>();
  readonly sizes = new Map<string, Size3>();
  private readonly torch = new Set<string>();

  constructor(size: Size3) {
    this.sizes.set('input', size);
  }

  /** A name that no node has yet. */
  free(wanted: string): string {
    const plain = wanted.replace(/^\/+/, '') || 'node';
    let name = plain;
    for (let i = 2; this.sizes.has(name); i++) name = `${plain}/${i}`;
    return name;
  }

  /**
   * The feature as a picture as ONNX lays it out: tokens of one row that are seen as rows and columns become so, by a node of
   * the name; null where it is none.
   */
  asPicture(feature: Feature, name: string): Feature | null {
    if (isPicture(feature)) return feature;
    const [batch, channels, rows, columns] = feature.dims;
    // All pixels of a map as the channels of one pixel
    const { size } = feature;
    if (size[2] === 1 && feature.dims.length === 4 && [batch, rows, columns].every((dim) => dim.length === 0)) {
      const pixels = size[0] * size[1];
      return sameDim(channels, pixelsDim(size)) ? this.add(name, 'channelMean', [feature.node], { pixels }) : null;
    }
    const grid = feature.dims.length === 4 && sameDim([...rows, ...columns], pixelsDim(feature.size));
    if (!grid || batch.length > 0 || !sameDim(channels, wholeDim('c', feature.size[2]))) return null;
    return this.add(name, 'regroup', [feature.node], { height: dimSize(rows), width: dimSize(columns) });
  }

  /** The kind of a node. */
  kindOf(name: string): string {
    return this.nodes.find((node) => node.name === name)?.kind ?? 'input';
  }

  /**
   * Adds a node.
   * @param params its arrays in our layout, in the kind's order
   * @param array a constant that the node's arrays come from: PyTorch's name for them is taken from it
   */
  add(
    wanted: string,
    kind: string,
    inputs: readonly string[],
    attrs: Attributes = {},
    params: readonly Float32Array[] = [],
    array?: Constant,
  ): Feature {
    const name = this.free(wanted);
    const prefix = /^(.+)\.weight$/.exec(array?.name ?? '')?.[1];
    const torch = prefix !== undefined && !this.torch.has(prefix) ? prefix : name;
    this.torch.add(torch);
    const before = inputs.map((input) => this.sizes.get(input)!);
    const channels = before.map((one) => one[2]);
    const [height, width] = kindOf(kind).size(
      attrs,
      before.map(([h, w]): Size2 => [h, w]),
    );
    const size: Size3 = [height, width, kindOf(kind).channels(attrs, channels)];
    if (size.some((one) => !Number.isSafeInteger(one) || one < 1) || size[0] * size[1] * size[2] > MAX_OUTPUT) {
      throw new Unmapped(`its output would be ${size.join(' × ')}`);
    }
    this.nodes.push({ name, kind, inputs: [...inputs], attrs: { ...attrs }, ...(torch === name ? {} : { torch }) });
    this.sizes.set(name, size);
    const specs = kindOf(kind).params(attrs, channels);
    for (const [i, { param, shape }] of specs.entries()) {
      if (params[i]?.length !== shape.reduce((a, b) => a * b, 1)) throw new Unmapped('its weights have another shape');
      this.weights.set(`${name}.${param}`, params[i]);
    }
    return { kind: 'feature', node: name, size, dims: pictureDims(size) };
  }
}

/** One operator of the file with its inputs. */
export class ReadCall {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | undefined)[];
  readonly graph: Growing;
  /** The version of ONNX's own operators. */
  readonly opset: number;
  private readonly file: string;

  constructor(node: OnnxNode, inputs: readonly (Value | undefined)[], graph: Growing, opset: number, file: string) {
    this.node = node;
    this.inputs = inputs;
    this.graph = graph;
    this.opset = opset;
    this.file = file;
  }

  /** What its node is called in our graph. */
  get name(): string {
    return this.node.name || this.node.output[0];
  }

  int(name: string, otherwise: number): number {
    return this.find(name)?.i ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.find(name)?.f ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    const found = this.find(name);
    return found?.ints?.length ? found.ints : undefined;
  }

  text(name: string, otherwise: string): string {
    const bytes = this.find(name)?.s;
    return bytes ? Buffer.from(bytes).toString('latin1') : otherwise;
  }

  tensor(name: string): Constant | undefined {
    const found = this.find(name);
    return found?.type === ATTRIBUTE.tensor && found.t ? readTensor(found.t, this.file) : undefined;
  }

  /** An input that is computed. */
  feature(index: number): Feature {
    const value = this.inputs[index];
    if (value?.kind === 'feature') {
      if (!value.pads) return value;
      const [paddingTop, paddingLeft, paddingBottom, paddingRight] = value.pads;
      const attrs = { paddingTop, paddingBottom, paddingLeft, paddingRight };
      return this.before('padded', 'pad', [{ ...value, pads: undefined }], attrs);
    }
    throw new Unmapped(value ? 'its input is a constant or an attention on the way' : 'an input is missing');
  }

  /** An input that is a picture as ONNX lays it out. */
  picture(index: number): Feature {
    const picture = this.graph.asPicture(this.feature(index), `${this.name}/picture`);
    if (picture) return picture;
    throw new Unmapped('its input is no picture any more: axes were rearranged before');
  }

  /** An input that is known. */
  constant(index: number): Constant {
    const value = this.inputs[index];
    if (value?.kind === 'constant') return value;
    throw new Unmapped(value ? 'it takes computed values where they have to be known' : 'an input is missing');
  }

  /** A known list of whole numbers, or undefined where the input is not given. */
  list(index: number): number[] | undefined {
    return this.inputs[index] === undefined ? undefined : [...this.constant(index).data];
  }

  /** A node of ours in the place of this operator, seen as the first input was. */
  add(
    kind: string,
    inputs: readonly Feature[],
    attrs: Attributes = {},
    params: readonly Float32Array[] = [],
    array?: Constant,
  ): Feature {
    return this.graph.add(
      this.name,
      kind,
      inputs.map(({ node }) => node),
      attrs,
      params,
      array,
    );
  }

  /** The same, before the node that the operator ends with. */
  before(
    step: string,
    kind: string,
    inputs: readonly Feature[],
    attrs: Attributes = {},
    params: readonly Float32Array[] = [],
  ): Feature {
    return this.graph.add(
      `${this.name}/${step}`,
      kind,
      inputs.map(({ node }) => node),
      attrs,
      params,
    );
  }

  private find(name: string) {
    return this.node.attribute.find((one) => one.name === name);
  }
}

/** The feature with another view of the same size. */
export function seenAs(feature: Feature, dims: readonly Dim[]): Feature {
  return { ...feature, dims };
}
