/** What TensorFlow writes as several nodes of a graph and ONNX as one: dilated convolutions, biases. */

import { isRealType } from './graph-arrays.ts';
import type { AttrValue, NodeDef } from './graph-def.ts';
import type { KnownArray } from './onnx-terms.ts';

/** With how many inputs they have without a bias. */
const CONVOLUTIONS: Readonly<Record<string, number>> = { Conv2D: 2, DepthwiseConv2dNative: 2, Conv2DBackpropInput: 3 };
const isConvolution = (op: string) => Object.hasOwn(CONVOLUTIONS, op);
const SUMS = new Set(['BiasAdd', 'Add', 'AddV2']);

type Arrays = ReadonlyMap<string, KnownArray>;

/**
 * The values that nodes only hand on or give another shape, beside those that the file holds.
 * @returns by the nodes' names
 */
export function withHandedOn(nodes: readonly NodeDef[], arrays: Arrays, nameOf: (input: string) => string): Arrays {
  const all = new Map(arrays);
  for (const { name, op, inputs, attrs } of nodes) {
    const known = inputs.length > 0 ? all.get(nameOf(inputs[0])) : undefined;
    if (!known || all.has(name)) continue;
    if (op === 'Identity' || op === 'StopGradient') all.set(name, known);
    if (op === 'Cast') all.set(name, { ...known, data: castTo(attrs.get('DstT')?.type, known.data) });
    if (op === 'Squeeze') {
      const axes = (attrs.get('squeeze_dims')?.list?.i ?? []).map(
        (axis) => (axis + known.shape.length) % known.shape.length,
      );
      const gone = (size: number, i: number) => (axes.length > 0 ? axes.includes(i) : size === 1);
      all.set(name, { ...known, shape: known.shape.filter((size, i) => !gone(size, i)) });
    }
    const shape = op === 'Reshape' ? all.get(nameOf(inputs[1])) : undefined;
    if (shape) {
      const rest = [...shape.data].filter((size) => size >= 0).reduce((a, b) => a * b, 1);
      const sizes = [...shape.data].map((size) => (size < 0 ? known.data.length / rest : size));
      if (sizes.reduce((a, b) => a * b, 1) === known.data.length) all.set(name, { ...known, shape: sizes });
    }
  }
  return all;
}

/** Real numbers stay so in whatever precision, and so do whole ones. */
function castTo(type: number | undefined, data: KnownArray['data']): KnownArray['data'] {
  const real = isRealType(type);
  if (real === data instanceof Float32Array) return data;
  return real ? Float32Array.from(data) : Float64Array.from(data, Math.trunc);
}

/**
 * The nodes with one dilated convolution in the place of SpaceToBatchND, a convolution and BatchToSpaceND, and with biases
 * as third inputs of convolutions where nothing else reads what is before the bias.
 */
export function rewritten(nodes: readonly NodeDef[], arrays: Arrays, nameOf: (input: string) => string): NodeDef[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const readers = new Map<string, NodeDef[]>();
  for (const node of nodes) {
    for (const input of node.inputs) readers.set(nameOf(input), [...(readers.get(nameOf(input)) ?? []), node]);
  }
  const only = (node: NodeDef) => {
    const list = readers.get(node.name) ?? [];
    return list.length === 1 ? list[0] : undefined;
  };
  const result = new Map(byName);
  for (const node of nodes.filter(({ op }) => isConvolution(op))) {
    let conv = node;
    let end: NodeDef | undefined = node;
    const before = byName.get(nameOf(node.inputs[0]));
    const after = only(node);
    if (before?.op === 'SpaceToBatchND' && after?.op === 'BatchToSpaceND') {
      const dilated = dilation(node, before, after, arrays, nameOf);
      if (dilated) {
        conv = dilated;
        end = after;
        result.set(after.name, handingOn(after, node));
      }
    }
    const sum = end && only(end);
    const [first, second] = sum?.inputs.map(nameOf) ?? [];
    const bias = second === undefined ? undefined : arrays.get(second);
    if (
      sum &&
      SUMS.has(sum.op) &&
      first === end?.name &&
      bias &&
      bias.shape.length === 1 &&
      conv.inputs.length === CONVOLUTIONS[conv.op]
    ) {
      conv = { ...conv, inputs: [...conv.inputs, second] };
      result.set(sum.name, handingOn(sum, node));
    }
    result.set(node.name, conv);
  }
  return [...result.values()];
}

const handingOn = (node: NodeDef, conv: NodeDef): NodeDef => ({ ...node, op: 'Identity', inputs: [conv.name] });

/** A convolution among pixels that lie apart, as one that is dilated. */
function dilation(
  conv: NodeDef,
  before: NodeDef,
  after: NodeDef,
  arrays: Arrays,
  nameOf: (input: string) => string,
): NodeDef | undefined {
  const list = (node: NodeDef, i: number) => [...(arrays.get(nameOf(node.inputs[i] ?? ''))?.data ?? [])];
  const [block, pads] = [list(before, 1), list(before, 2)];
  const [again, crops] = [list(after, 1), list(after, 2)];
  const plain = (conv.attrs.get('strides')?.list?.i ?? []).every((stride) => stride === 1);
  if (!plain || conv.attrs.get('padding')?.s !== 'VALID' || block.length !== 2 || block.join() !== again.join()) {
    return undefined;
  }
  const around = pads.map((pad, i) => pad - crops[i]);
  if (around.length !== 4 || !around.every((pad) => pad >= 0)) return undefined;
  const attrs = new Map<string, AttrValue>([
    ...conv.attrs,
    ['dilations', { list: { i: [1, ...block, 1] } }],
    ['padding', { s: 'EXPLICIT' }],
    ['explicit_paddings', { list: { i: [0, 0, ...around, 0, 0] } }],
  ]);
  return { ...conv, inputs: [before.inputs[0], ...conv.inputs.slice(1)], attrs };
}
