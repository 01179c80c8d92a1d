/** A GraphDef (tensorflow/core/framework/graph.proto), from whichever file it comes, in ONNX's terms. */
import { Problem } from '../../contract/problem.ts';
import type { OnnxModel } from '../onnx/proto.ts';
import { Unmapped } from '../onnx/read/reader.ts';
import { GRAPH_OPERATORS, type GraphCall } from './graph-operators.ts';
import { inOrder } from './graph-order.ts';
import type { TensorProto } from './graph-proto.ts';
import { rewritten, withHandedOn } from './graph-rewrites.ts';
import { type KnownArray, OnnxTerms } from './onnx-terms.ts';

export const ADVICE = 'Convert the network again, for one picture and without training.';

/** One attribute's value, the fields that are used. */
export interface AttrValue {
  i?: number;
  f?: number;
  b?: boolean;
  s?: string;
  /** A type of numbers, as a number. */
  type?: number;
  list?: { i?: number[]; s?: string[] };
  /** The sizes of a shape; −1 where one is not told. */
  shape?: number[];
  tensor?: TensorProto;
  /** The name of a function. */
  func?: string;
}

export interface NodeDef {
  name: string;
  op: string;
  /** `name`, `name:1`, or `^name` for what only has to come before. */
  inputs: string[];
  attrs: ReadonlyMap<string, AttrValue>;
}

/** Operators of several outputs that are read. */
const PARTED = new Set(['Split', 'SplitV']);

/** More nodes than this are no network for pictures. */
const MAX_NODES = 100_000;

/**
 * @param nodes of one graph, in any order
 * @param arrays known values by the nodes' names
 * @param ends the value of the logits, where the file tells it
 * @throws Problem naming a node and operator that has no place
 */
export function graphInTerms(
  written: readonly NodeDef[],
  held: ReadonlyMap<string, KnownArray>,
  ends: { output?: string },
  file: string,
): OnnxModel {
  const refuse = (what: string) => new Problem(`${file} ${what}.`, { where: file, next: ADVICE });
  if (written.length > MAX_NODES) throw refuse(`has ${written.length} nodes; ${MAX_NODES} are the most`);
  const arrays = withHandedOn(written, held, nameOf);
  const nodes = rewritten(written, arrays, nameOf);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const placeholders = nodes.filter(({ op, name }) => op === 'Placeholder' && !arrays.has(name));
  const [input] = placeholders;
  if (!input || placeholders.length !== 1) {
    throw refuse(`has ${placeholders.length} inputs; a segmentation network has one`);
  }
  const used = new Set(written.flatMap((node) => node.inputs.map(nameOf)));
  const last = written.filter(({ name, op }) => !used.has(name) && Object.hasOwn(GRAPH_OPERATORS, op) && op !== 'NoOp');
  const output = byName.get(ends.output === undefined ? (last[0]?.name ?? '') : nameOf(ends.output));
  if (!output) throw refuse('does not tell where its logits are');
  const shape = input.attrs.get('shape')?.shape ?? [];
  if (shape.length !== 4 || ![1, -1].includes(shape[0]) || shape[3] !== 3) {
    throw refuse(`takes ${shape.join('×') || 'an input of no shape'}; one picture of three channels is read`);
  }

  const terms = new OnnxTerms();
  for (const [name, array] of arrays) terms.array(name, array);
  const before = ({ name, inputs }: NodeDef) => {
    if (arrays.has(name)) return [];
    return inputs
      .filter((one) => !one.startsWith('^'))
      .map((one) => {
        const found = byName.get(nameOf(one));
        if (!found) throw refuse(`is damaged: ${name} reads a node that is not there`);
        return found;
      });
  };
  for (const node of inOrder([output], before, ({ name }) => refuse(`is damaged: ${name} depends on itself`))) {
    if (node === input || arrays.has(node.name)) continue;
    const read = Object.hasOwn(GRAPH_OPERATORS, node.op) ? GRAPH_OPERATORS[node.op] : undefined;
    try {
      if (!read) throw new Unmapped('it has no place in a graph here');
      const others = node.inputs.filter((one) => /:[1-9]/.test(one));
      if (!others.every((one) => PARTED.has(byName.get(nameOf(one))?.op ?? ''))) {
        throw new Unmapped('it takes another output than the first');
      }
      read(callOf(node, terms));
    } catch (error) {
      if (!(error instanceof Unmapped)) throw error;
      throw refuse(`cannot become a graph here: of ${node.name} (${node.op}), ${error.message}`);
    }
  }
  const end = output.op === 'ArgMax' ? termOf(output.inputs[0]) : termOf(ends.output ?? output.name);
  const told = (size: number) => (size > 0 ? size : undefined);
  return terms.model(input.name, [told(shape[1]), told(shape[2])], end, output.op.endsWith('MatMul') ? 2 : 4);
}

function nameOf(input: string): string {
  return input.replace(/^\^/, '').replace(/:\d+$/, '');
}

/** What a value is called in ONNX's terms: as its node, where it is the node's first. */
function termOf(input: string): string {
  return input.replace(/:0$/, '');
}

function callOf({ name, inputs, attrs }: NodeDef, terms: OnnxTerms): GraphCall {
  return {
    name,
    terms,
    inputs: inputs.filter((input) => !input.startsWith('^')).map(termOf),
    int: (attr) => attrs.get(attr)?.i,
    ints: (attr) => attrs.get(attr)?.list?.i,
    float: (attr) => attrs.get(attr)?.f,
    bool: (attr) => attrs.get(attr)?.b,
    type: (attr) => attrs.get(attr)?.type,
    text: (attr) => attrs.get(attr)?.s,
    texts: (attr) => attrs.get(attr)?.list?.s,
  };
}
