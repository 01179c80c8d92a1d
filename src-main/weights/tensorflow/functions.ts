/** Functions of a graph, put in the place of their calls: a graph of ours has none. */
import type { Problem } from '../../contract/problem.ts';
import type { NodeDef } from './graph-def.ts';
import { inOrder } from './graph-order.ts';
import { type GraphProto, nodeOf } from './graph-proto.ts';

export interface GraphFunction {
  /** By their names. */
  nodes: ReadonlyMap<string, NodeDef>;
  /** Names of its inputs, and the values that it gives, in their order. */
  inputs: string[];
  outputs: string[];
}

const CALLS = new Set(['PartitionedCall', 'StatefulPartitionedCall']);
/** Calls inside calls, and all of them together; those of real networks are far fewer. */
const MAX_DEPTH = 100;
const MAX_CALLS = 10_000;
const MAX_NODES = 200_000;

export function functionsOf({ library }: GraphProto): Map<string, GraphFunction> {
  return new Map(
    (library?.function ?? []).map(({ signature, nodeDef, ret }) => [
      signature?.name ?? '',
      {
        nodes: byName(nodeDef.map(nodeOf)),
        inputs: (signature?.inputArg ?? []).map(({ name = '' }) => name),
        outputs: (signature?.outputArg ?? []).map(({ name = '' }) => (Object.hasOwn(ret, name) ? ret[name] : '')),
      },
    ]),
  );
}

export function byName(nodes: readonly NodeDef[]): ReadonlyMap<string, NodeDef> {
  return new Map(nodes.map((node) => [node.name, node]));
}

/** The function that a node calls, where it does. */
export function calledBy({ op, attrs }: NodeDef): string | undefined {
  return CALLS.has(op) ? (attrs.get('f')?.func ?? '') : undefined;
}

/** The node that a value is of, and which of its outputs; inside of a function it may be an input instead. */
export function sourceOf(value: string): { name: string; output: number } {
  const [name, ...rest] = value.split(':');
  const index = /^\d+$/.test(rest.at(-1) ?? '') ? Number(rest.pop()) : 0;
  // Inside of functions the outputs of an operator have names. Of those that have several names only batch norm is read,
  // and of that only what is called y
  const other = /^(batch|reserve)_/.test(rest[0] ?? '');
  return { name, output: other ? 1 : index };
}

/**
 * The nodes that some values depend on, without calls, each after what it reads.
 * @param ends the values that are wanted
 * @returns and what these are called now
 * @throws Problem where a function calls itself, is not there, or there are too many
 */
export function withoutCalls(
  nodes: readonly NodeDef[],
  functions: ReadonlyMap<string, GraphFunction>,
  ends: readonly string[],
  refuse: (what: string) => Problem,
): { nodes: NodeDef[]; ends: string[] } {
  const result: NodeDef[] = [];
  /** Names that are given away, and the number that the next one made from each gets. */
  const taken = new Map<string, number>();
  let calls = 0;

  const free = (name: string, call: string) => {
    const plain = taken.has(name) && call ? `${call}/${name}` : name;
    let wanted = plain;
    for (let i = taken.get(plain) ?? 2; taken.has(wanted); i++) {
      wanted = `${plain}/${i}`;
      taken.set(plain, i + 1);
    }
    taken.set(wanted, 2);
    return wanted;
  };

  /** @param given the function's inputs @param callers the functions that are open @returns the names of `wanted` */
  const put = (
    body: ReadonlyMap<string, NodeDef>,
    given: ReadonlyMap<string, string>,
    wanted: readonly string[],
    call: string,
    callers: readonly string[],
  ): string[] => {
    const find = (value: string) => {
      const { name } = sourceOf(value);
      const node = body.get(name);
      if (!node && !given.has(name)) throw refuse(`is damaged: ${name.slice(0, 200) || 'a value'} is not there`);
      return node ? [node] : [];
    };
    const data = ({ inputs }: NodeDef) => inputs.filter((input) => !input.startsWith('^'));
    const order = inOrder(
      wanted.flatMap(find),
      (node) => data(node).flatMap(find),
      ({ name }) => refuse(`is damaged: ${name} depends on itself`),
    );
    /** What the outputs of each node are called; of most only the first has a name that is not made from it. */
    const values = new Map<string, string[] | string>();
    const calledNow = (value: string): string => {
      const { name, output } = sourceOf(value);
      const found = values.get(name);
      if (found === undefined) return given.get(name)!;
      if (typeof found === 'string') return output === 0 ? found : `${found}:${output}`;
      if (found[output] === undefined) throw refuse(`is damaged: ${name} has no output ${output}`);
      return found[output];
    };
    for (const node of order) {
      const inputs = data(node).map(calledNow);
      const called = calledBy(node) ?? (functions.has(node.op) ? node.op : undefined);
      if (called !== undefined) values.set(node.name, expand(called, inputs, node.name, callers));
      else if (node.op === 'IdentityN') values.set(node.name, inputs);
      else {
        const name = free(node.name, call);
        if (result.length >= MAX_NODES) throw refuse(`has more than ${MAX_NODES} nodes`);
        result.push({ ...node, name, inputs });
        values.set(node.name, name);
      }
    }
    return wanted.map(calledNow);
  };

  const expand = (name: string, inputs: string[], call: string, callers: readonly string[]): string[] => {
    const called = functions.get(name);
    if (!called) throw refuse(`is damaged: it calls ${name.slice(0, 200) || 'a function'}, which is not there`);
    if (callers.includes(name)) throw refuse(`has a function that calls itself: ${name.slice(0, 200)}`);
    if (callers.length >= MAX_DEPTH || ++calls > MAX_CALLS) throw refuse('calls functions without end');
    if (inputs.length !== called.inputs.length) throw refuse(`is damaged: ${name.slice(0, 200)} takes other inputs`);
    const given = new Map(called.inputs.map((input, i) => [input, inputs[i]]));
    return put(called.nodes, given, called.outputs, call, [...callers, name]);
  };

  return { ends: put(byName(nodes), new Map(), ends, '', []), nodes: result };
}
