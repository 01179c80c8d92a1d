/**
 * Kinds of nodes whose operators are told from those that our writer makes of them: first how these are wired, from which
 * nodes take their place, then, when the sizes are known, their constants.
 */
import { type Graph, GraphBuilder, nodeSizes } from '../../../networks/graph.ts';
import type { Attributes, Size3 } from '../../../networks/node-kind.ts';
import { fromTorch } from '../../../networks/torch-layout.ts';
import { ATTRIBUTE, type OnnxAttribute, type OnnxNode } from '../proto.ts';
import { type Constant, readTensor } from '../tensors.ts';
import { attentions } from '../write/attention.ts';
import { sets } from '../write/sets.ts';
import { OnnxWriter } from '../writer.ts';
import { real } from './convolution.ts';
import { type ReadCall, type ReadOperator, Unmapped } from './reader.ts';

const WRITERS = { ...attentions, ...sets };

interface Form {
  kind: string;
  /** How many values it takes. */
  inputs: number;
  /** What tells forms of one kind apart. */
  told: Attributes;
  /** The rest of its attrs: those of some node, and by its arrays' shapes. */
  some: Attributes;
  attrs: (shapes: readonly (readonly number[])[]) => Attributes;
}

const side = ([[filters]]: readonly (readonly number[])[]) => ({ side: Math.round(Math.sqrt(filters)) });

const FORMS: readonly Form[] = [
  { kind: 'crissCross', inputs: 3, told: {}, some: {}, attrs: () => ({}) },
  { kind: 'pointAttention', inputs: 2, told: { distribute: 0 }, some: { side: 3 }, attrs: side },
  { kind: 'pointAttention', inputs: 2, told: { distribute: 1 }, some: { side: 3 }, attrs: side },
  {
    ...{ kind: 'encoding', inputs: 1, told: {}, some: { codes: 2, channels: 4 } },
    attrs: ([[codes, channels]]) => ({ codes, channels }),
  },
  {
    ...{ kind: 'emAttention', inputs: 1, told: { stages: 3 }, some: { bases: 2 } },
    attrs: ([, , [, , bases]]) => ({ bases }),
  },
];

/** What the writer makes of a node: operators from its inputs `?0`, `?1` … to `?`, and constants. */
function written({ kind, told }: Form, more: Attributes, sizes: readonly Size3[]) {
  const [[height, width]] = sizes;
  const b = new GraphBuilder(3);
  const inputs = sizes.map(([, , filters], i) => b.add(`in${i}`, 'conv', ['input'], { filters, kernel: 1 }));
  b.add('?', kind, inputs, { ...more, ...told });
  const rest = { id: kind, options: {}, output: '?', stride: 1, logitsStride: 1, defaultTaps: [] };
  const graph: Graph = b.build(rest);
  const weights = new Map(
    graph.params.map(({ name, shape }) => [name, new Float32Array(shape.reduce((x, y) => x * y, 1))]),
  );
  const writer = new OnnxWriter(weights);
  const node = graph.nodes[graph.nodes.length - 1];
  const size = nodeSizes(graph, [height, width]).get('?')!;
  WRITERS[kind]({ node, inputs: inputs.map((_, i) => `?${i}`), output: '?', sizes, size, writer });
  // The node's own arrays first
  const own = node.params.map(({ torchName }) => torchName);
  const tensors = new Map(writer.initializers.map((tensor) => [tensor.name!, tensor]));
  const names = [...own, ...[...tensors.keys()].filter((name) => !own.includes(name))];
  return { nodes: writer.nodes, names, tensors, params: node.params, attrs: node.attrs };
}

const operatorOf = ({ kind, told }: Form) => [`(${kind})`, ...Object.values(told)].join(' ');

/** The readers of what takes the place of such operators: the inputs, then all constants. */
export const writtenKinds: Record<string, ReadOperator> = Object.fromEntries(
  FORMS.map((form) => [operatorOf(form), (call: ReadCall) => readWritten(form, call)]),
);

function readWritten(form: Form, call: ReadCall) {
  const inputs = Array.from({ length: form.inputs }, (_, i) => call.picture(i));
  const given = call.inputs.slice(form.inputs).map((_, i) => call.constant(form.inputs + i));
  const more = form.attrs(given.map(({ shape }) => shape));
  const { names, tensors, params, attrs } = written(
    form,
    more,
    inputs.map(({ size }) => size),
  );
  for (const [i, name] of names.entries()) {
    const wanted = readTensor(tensors.get(name)!, name);
    if (i < params.length ? given[i].shape.join() !== wanted.shape.join() : !alike(given[i], wanted))
      throw new Unmapped(`it looks like ${form.kind}, but its constants are others`);
  }
  const arrays = params.map((spec, i) => fromTorch(spec, real(given[i])));
  return call.add(form.kind, inputs, attrs, arrays, given[0]);
}

function alike(a: Constant, b: Constant): boolean {
  return a.shape.join() === b.shape.join() && a.data.every((value, i) => value === b.data[i]);
}

/** The nodes with one in the place of each group of operators that our writer makes of one node of such a kind. */
export function withWritten(nodes: readonly OnnxNode[], isKnown: (name: string) => boolean): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name, i) => [name, { node, i }] as const)));
  const types = new Set(nodes.map(({ opType }) => opType));
  let result = [...nodes];
  for (const form of FORMS) {
    const { nodes: wanted, names } = written(
      form,
      form.some,
      Array.from({ length: form.inputs }, (): Size3 => [3, 5, 4]),
    );
    if (wanted.some(({ opType }) => !types.has(opType))) continue;
    const last = wanted[wanted.length - 1];
    const ours = new Map(wanted.flatMap((node) => node.output.map((name, i) => [name, { node, i }] as const)));
    result = result.map((node) => {
      if (node.opType !== last.opType) return node;
      const found = new Map<string, string>();
      const matches = (mine: string, name: string): boolean => {
        if (found.has(mine)) return found.get(mine) === name;
        found.set(mine, name);
        if (/^\?\d$/.test(mine)) return !isKnown(name);
        const [one, other] = [ours.get(mine), makers.get(name)];
        if (!one) return isKnown(name);
        return (
          one.i === other?.i &&
          one.node.opType === other.node.opType &&
          attributesOf(one.node.attribute) === attributesOf(other.node.attribute) &&
          one.node.input.length === other.node.input.length &&
          one.node.input.every((input, i) => matches(input, other.node.input[i]))
        );
      };
      if (!matches('?', node.output[0])) return node;
      const inputs = Array.from({ length: form.inputs }, (_, i) => found.get(`?${i}`)!);
      const input = [...inputs, ...names.map((name) => found.get(name)!)];
      return { ...node, opType: operatorOf(form), domain: '', input, attribute: [] };
    });
  }
  return result;
}

function attributesOf(attributes: readonly OnnxAttribute[]): string {
  const values = attributes.map(({ name, type, i, f, s, ints }) => [
    name,
    type === ATTRIBUTE.string ? Buffer.from(s ?? []).toString('latin1') : type === ATTRIBUTE.ints ? ints : (i ?? f),
  ]);
  return JSON.stringify(values.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
