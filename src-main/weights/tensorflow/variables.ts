/** Which array of a SavedModel's `variables/` each variable of its graph is filled with. */
import { byName, calledBy, type GraphFunction, sourceOf } from './functions.ts';
import type { NodeDef } from './graph-def.ts';
import { textOf } from './graph-proto.ts';

const VARIABLES = new Set(['VarHandleOp', 'VariableV2', 'Variable']);
const ASSIGNMENTS = new Set(['AssignVariableOp', 'Assign']);
/** More nodes that only hand a value on are no graph that TensorFlow wrote. */
const MAX_STEPS = 100;

export function isVariable({ op }: NodeDef): boolean {
  return VARIABLES.has(op);
}

/** What tells a variable from others: nodes that share a name are one. */
export function variableName({ name, attrs }: NodeDef): string {
  return attrs.get('shared_name')?.s || name;
}

/**
 * Found in the nodes that fill them when TensorFlow opens the model: RestoreV2 reads arrays by their names, Assign puts each
 * into a variable. TensorFlow 1 writes these into the graph, TensorFlow 2 into a function that it calls.
 * @returns names of arrays by the variables' (see variableName)
 */
export function variableArrays(
  nodes: readonly NodeDef[],
  functions: ReadonlyMap<string, GraphFunction>,
): Map<string, string> {
  const found = new Map<string, string>();
  const graph = byName(nodes);
  const look = (body: ReadonlyMap<string, NodeDef>, given: ReadonlyMap<string, string>) => {
    for (const { op, inputs } of body.values()) {
      if (!ASSIGNMENTS.has(op)) continue;
      const value = source(body, inputs[1]);
      if (value?.node?.op !== 'RestoreV2') continue;
      const array = textsOf(source(body, value.node.inputs[1])?.node)[value.output];
      // A part of a variable is not the variable
      const part = textsOf(source(body, value.node.inputs[2])?.node)[value.output];
      const handle = source(body, inputs[0]);
      const variable = handle?.node ?? source(graph, given.get(handle?.name ?? ''))?.node;
      if (array !== undefined && !part && variable && isVariable(variable)) found.set(variableName(variable), array);
    }
  };
  look(graph, new Map());
  for (const node of nodes) {
    const called = functions.get(calledBy(node) ?? '');
    if (!called || ![...called.nodes.values()].some(({ op }) => op === 'RestoreV2')) continue;
    const given = new Map(called.inputs.map((input, i) => [input, node.inputs[i]]));
    look(called.nodes, given);
  }
  return found;
}

/** Where a value comes from that nodes only hand on. */
function source(body: ReadonlyMap<string, NodeDef>, value: string | undefined) {
  for (let step = 0; value !== undefined && step < MAX_STEPS; step++) {
    const { name, output } = sourceOf(value);
    const node = body.get(name);
    if (node?.op !== 'Identity') return { name, output, node };
    value = node.inputs[0];
  }
  return undefined;
}

function textsOf(node: NodeDef | undefined): string[] {
  return (node?.attrs.get('value')?.tensor?.stringVal ?? []).map(textOf);
}
