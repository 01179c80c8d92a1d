/** ONNX models that cannot become graphs of ours, made ready to be run by ONNX Runtime as they are: frozen. */
import { sha256 } from '../../../base/files.ts';
import type { ModelCard, NetworkGraph } from '../../../contract/model.ts';
import { Problem } from '../../../contract/problem.ts';
import type { Size2, Size3 } from '../../../networks/node-kind.ts';
import { buildNetwork } from '../../../networks/registry.ts';
import { cardMetadata } from '../../card.ts';
import { cardFor } from '../../graph-model.ts';
import { elements } from '../../tensor-file.ts';
import { hasExternalData, type OnnxGraph, type OnnxNode, withMetadata, withOutputs } from '../proto.ts';
import { needed } from '../read/patterns.ts';
import { logitsOf, openOnnx, pictureInput } from '../read.ts';
import { macsOf } from './costs.ts';
import { type Form, formOf } from './form.ts';
import { OnnxSession, type SessionValue } from './session.ts';

/** Values that are looked at in one run: all are in memory at once. */
const AT_ONCE = 80;
/** Two sizes for a model that takes any: multiples of 128, and of other proportions. */
const TRIED: readonly [Size2, Size2] = [
  [256, 384],
  [384, 256],
];
const FLOAT = 1;

export interface Adopted {
  /** The file with its card in the metadata, otherwise as it was. */
  bytes: Uint8Array;
  card: ModelCard;
  notes: string[];
}

/**
 * Runs a model once or twice to learn what its inner values are: those that are pictures can be tapped, by the names that
 * they have in the file.
 * @throws Problem where it is no model from one picture to its logits, or ONNX Runtime does not run it
 */
export async function adoptOnnx(file: string): Promise<Adopted> {
  const { model, bytes } = await openOnnx(file);
  const { graph: onnx } = model;
  const refuse = (what: string, next = 'Export it as one file, from one picture, channels first, to its logits.') =>
    new Problem(`${file} ${what}.`, { where: file, next });
  if (hasExternalData(model)) throw refuse('keeps its numbers in other files, which ONNX Runtime is not given');
  const { name: input, size: asked, type } = pictureInput(onnx, refuse);
  if (type !== FLOAT) throw refuse('takes a picture that is not of float32');
  const { output, notes } = logitsOf(onnx);
  const nodes = needed(onnx.node, [output]).filter(
    ({ opType }) => !/^(Sequence|SplitToSequence|Optional)/.test(opType),
  );
  const names = namesThatFollow(nodes, input);

  const look = (...sizes: Size2[]) => dimensions(bytes, file, input, names, sizes);
  const fixed = asked.some((side) => side !== undefined);
  const both = fixed ? null : anySize(() => look(...TRIED));
  const size: Size2 = both ? TRIED[0] : [asked[0] ?? 384, asked[1] ?? 512];
  const [values] = both ?? look(size);
  const other = both?.[1] ?? null;

  const nodesFound = opaqueNodes(onnx, nodes, names, values, other, size);
  const { graph, outputs } = finish(nodesFound, output, size, other !== null, refuse);
  const network = { id: 'onnx-runtime', options: {}, graph };
  const { card, notes: said } = cardFor(file, network, outputs, { sha256: sha256(bytes) });
  buildNetwork(card.network, card.outputs);
  return { bytes: withMetadata(bytes, cardMetadata(card)), card, notes: [...notes, ...said] };
}

/** What `look` finds, or null where the model takes one size only after all. */
function anySize<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Values of real numbers that depend on the picture's pixels, not on its size alone, in the file's order. */
function namesThatFollow(nodes: readonly OnnxNode[], input: string): string[] {
  const follows = new Set([input]);
  const names: string[] = [];
  for (const { opType, input: inputs, output } of nodes) {
    if (opType === 'Shape' || opType === 'Size' || !inputs.some((name) => follows.has(name))) continue;
    for (const name of output.filter((one) => one !== '')) {
      follows.add(name);
      names.push(name);
    }
  }
  return names;
}

/** The named values' dimensions, for each of the sizes. */
function dimensions(
  bytes: Uint8Array,
  file: string,
  input: string,
  names: readonly string[],
  sizes: readonly Size2[],
): Map<string, SessionValue>[] {
  const found = sizes.map(() => new Map<string, SessionValue>());
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const session = new OnnxSession(withOutputs(bytes, some, file), file, false);
    try {
      for (const [i, size] of sizes.entries()) {
        const pixels = new Float32Array(3 * size[0] * size[1]);
        for (const value of session.run(input, pixels, [1, 3, ...size], some, false)) found[i].set(value.name, value);
      }
    } finally {
      session.close();
    }
  }
  return found;
}

type Found = NetworkGraph['nodes'][number] & { size: Size3 };

/**
 * The values that are pictures as nodes, each after the nearest ones that lead to it.
 * @param values at `size`; `other`: at another one, null where the model takes only the one
 */
function opaqueNodes(
  onnx: OnnxGraph,
  nodes: readonly OnnxNode[],
  names: readonly string[],
  values: ReadonlyMap<string, SessionValue>,
  other: ReadonlyMap<string, SessionValue> | null,
  size: Size2,
): Found[] {
  const arrays = new Map(onnx.initializer.map(({ name = '', dims }) => [name, dims]));
  const dims = (name: string) => arrays.get(name) ?? values.get(name)?.dims ?? [];
  const follows = new Set(names);
  const found = new Map<string, Found & Form>();
  /** Of values that are no nodes: the nodes that they come from, and what computing them took. */
  const through = new Map<string, { from: string[]; parameters: number; macs: number }>();
  const counted = new Set<string>();
  for (const node of nodes) {
    const from: string[] = [];
    let macs = macsOf(node, dims);
    let parameters = 0;
    for (const name of node.input) {
      const before = through.get(name);
      if (found.has(name)) from.push(name);
      from.push(...(before?.from ?? []));
      if (arrays.has(name) && !counted.has(name)) parameters += elements(arrays.get(name)!);
      counted.add(name);
      parameters += before?.parameters ?? 0;
      macs += before?.macs ?? 0;
      if (before) through.set(name, { from: before.from, parameters: 0, macs: 0 });
    }
    const inputs = [...new Set(from)];
    for (const [i, name] of node.output.entries()) {
      const cost = i === 0 ? { parameters, macs } : { parameters: 0, macs: 0 };
      const form = follows.has(name) ? pictureAt(name, values, size) : undefined;
      const before = inputs[0] === undefined ? size : found.get(inputs[0])!.size;
      const beside = other && pictureAt(name, other, TRIED[1]);
      const beforeOther =
        inputs[0] === undefined ? TRIED[1] : (pictureAt(inputs[0], other ?? values, TRIED[1])?.size ?? size);
      const scaling = form && sizeAttributes(form, before, beside ?? null, beforeOther, other !== null);
      if (!form || !scaling || RESERVED.has(name)) {
        through.set(name, { from: inputs, ...cost });
        continue;
      }
      const attrs = {
        ...{ channels: form.size[2], layout: form.layout, skip: form.skip, ...scaling },
        ...(cost.parameters > 0 ? { parameters: cost.parameters } : {}),
        ...(cost.macs > 0 ? { macs: cost.macs / (form.size[0] * form.size[1]) } : {}),
      };
      found.set(name, { name, kind: 'opaque', inputs: inputs.length > 0 ? inputs : ['input'], attrs, ...form });
    }
  }
  return [...found.values()];
}

/** Names that our own nodes have. */
const RESERVED: ReadonlySet<string> = new Set(['input', 'fitted', 'whole']);

function pictureAt(name: string, values: ReadonlyMap<string, SessionValue>, size: Size2): Form | undefined {
  const value = values.get(name);
  return value?.type === 'float32' ? formOf(value.dims, size) : undefined;
}

/** The size as an opaque node has it; undefined where it follows from the input's in no simple way. */
function sizeAttributes(
  { size: [height, width], layout, skip }: Form,
  [before, beside]: readonly number[],
  other: Form | null,
  [beforeOther, besideOther]: readonly number[],
  free: boolean,
): Record<string, number> | undefined {
  if (!free) return { height, width };
  if (!other || other.layout !== layout || other.skip !== skip) return undefined;
  const scales = { scaleHeight: height / before, scaleWidth: width / beside };
  if (
    Math.abs(beforeOther * scales.scaleHeight - other.size[0]) < 0.01 &&
    Math.abs(besideOther * scales.scaleWidth - other.size[1]) < 0.01
  )
    return scales;
  return height === other.size[0] && width === other.size[1] ? { height, width } : undefined;
}

function finish(
  nodes: readonly Found[],
  output: string,
  [height, width]: Size2,
  free: boolean,
  refuse: (what: string) => Problem,
): { graph: NetworkGraph; outputs: number } {
  const logits = nodes.find(({ name }) => name === output);
  if (!logits) throw refuse(`does not end in a picture of logits (${output})`);
  const [down, across, outputs] = logits.size;
  const stride = height / down;
  const even = free && logits.attrs.height === undefined && Number.isInteger(stride) && width / across === stride;
  const deepest = Math.min(
    ...nodes.filter(({ attrs }) => attrs.height === undefined).map(({ size }) => size[0]),
    height,
  );
  const plain = nodes.map(({ name, kind, inputs, attrs }) => ({ name, kind, inputs, attrs }));
  const fitted = { name: 'fitted', kind: 'resize', inputs: ['input'], attrs: { height, width } };
  const whole = { name: 'whole', kind: 'resize', inputs: [output, 'input'], attrs: {} };
  const last = even ? output : whole.name;
  const fed = (inputs: string[]) => inputs.map((name) => (name === 'input' && !free ? fitted.name : name));
  return {
    graph: {
      nodes: [
        ...(free ? [] : [fitted]),
        ...plain.map((node) => ({ ...node, inputs: fed(node.inputs) })),
        ...(even ? [] : [whole]),
      ],
      output: last,
      stride: free ? Math.ceil(height / deepest) : 1,
      logitsStride: even ? stride : 1,
      defaultTaps: [last],
    },
    outputs,
  };
}
