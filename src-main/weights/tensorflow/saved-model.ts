/** TensorFlow's SavedModels (a folder of `saved_model.pb` and `variables/`) and frozen graphs (`.pb`), as graphs of ours. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileProblem, readBytes } from '../../base/files.ts';
import { Problem } from '../../contract/problem.ts';
import { graphModel } from '../graph-model.ts';
import { readGraph } from '../onnx/read.ts';
import { littleEndian } from '../safetensors.ts';
import { byName, functionsOf, type GraphFunction, sourceOf, withoutCalls } from './functions.ts';
import { arrayOf, BadArray } from './graph-arrays.ts';
import { ADVICE, graphInTerms, type NodeDef } from './graph-def.ts';
import { decodeGraph, decodeSavedModel, type GraphProto, type MetaGraph, nodeOf } from './graph-proto.ts';
import type { KnownArray } from './onnx-terms.ts';
import { TensorBundle } from './tensor-bundle.ts';
import { isVariable, variableArrays, variableName } from './variables.ts';

export const SAVED_MODEL = 'saved_model.pb';
/** One file of Protocol Buffers cannot be longer. */
const MAX_FILE = 2 ** 31;
/** The tag and the signature of what a model is for when it is not trained. */
const SERVE = 'serve';
const SIGNATURE = 'serving_default';
/** Nodes that are no result where nobody reads them. */
const NO_RESULT = new Set(['NoOp', 'Const', 'Placeholder', 'Assert']);

type Refuse = (what: string, next?: string, cause?: unknown) => Problem;

/** A model of a SavedModel's folder. @throws Problem where it cannot be read, or has a part that has no place here */
export function readSavedModel(folder: string) {
  const refuse = refusal(folder);
  const file = path.join(folder, SAVED_MODEL);
  const bytes = bytesOf(file, refuse);
  const { metaGraphs } = decoded(() => decodeSavedModel(bytes), refuse);
  const meta = metaGraphs.find(({ metaInfoDef }) => metaInfoDef?.tags.includes(SERVE)) ?? metaGraphs[0];
  if (!meta?.graphDef) throw refuse('holds no graph', 'Save the network again.');
  const { value, notes } = outputOf(meta, refuse);
  const functions = functionsOf(meta.graphDef);
  const nodes = meta.graphDef.node.map(nodeOf);
  const flat = withoutCalls(nodes, functions, [value], refuse);
  const arrays = constants(flat.nodes, refuse);
  readVariables(flat.nodes, variableArrays(nodes, functions), path.join(folder, 'variables'), arrays, refuse);
  return asModel(folder, bytes, flat.nodes, arrays, flat.ends[0], notes);
}

/** A model of a file `.pb`: of a SavedModel, or a graph whose variables were made constants. @throws Problem likewise */
export async function readPbModel(file: string) {
  if (path.basename(file) === SAVED_MODEL) return readSavedModel(path.dirname(file));
  const refuse = refusal(file);
  const bytes = bytesOf(file, refuse);
  const graph: GraphProto = decoded(() => decodeGraph(bytes), refuse);
  const nodes = graph.node.map(nodeOf);
  const functions: ReadonlyMap<string, GraphFunction> = functionsOf(graph);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.map((input) => sourceOf(input.replace(/^\^/, '')).name)));
  const last = nodes.filter(({ name, op }) => !read.has(name) && !NO_RESULT.has(op));
  if (last.length === 0) throw refuse('is no graph of TensorFlow’s with a result', 'Choose another file.');
  const flat = withoutCalls(nodes, functions, [last[0].name], refuse);
  const notes = last.length > 1 ? [`Of its ${last.length} outputs the first, ${last[0].name}, is taken.`] : [];
  const arrays = constants(flat.nodes, refuse);
  readVariables(flat.nodes, new Map(), path.dirname(file), arrays, refuse);
  return asModel(file, bytes, flat.nodes, arrays, flat.ends[0], notes);
}

function asModel(
  file: string,
  bytes: Uint8Array,
  nodes: NodeDef[],
  arrays: ReadonlyMap<string, KnownArray>,
  output: string,
  notes: string[],
) {
  const read = readGraph(graphInTerms(nodes, arrays, { output }, file), file, ADVICE);
  // The variables are as much the model as the graph
  const hash = createHash('sha256').update(bytes);
  for (const { data } of arrays.values()) hash.update(littleEndian(Float32Array.from(data)));
  const own = { id: 'tensorflow', sha256: hash.digest('hex') };
  return graphModel(file, { ...read, notes: [...notes, ...read.notes] }, own);
}

/** The value that is taken for the logits: of the signature for use, the first output that is a picture. */
function outputOf({ signatureDef }: MetaGraph, refuse: Refuse): { value: string; notes: string[] } {
  const usable = Object.keys(signatureDef).filter((name) => Object.keys(signatureDef[name].inputs).length > 0);
  const name = usable.includes(SIGNATURE) || usable.length !== 1 ? SIGNATURE : usable[0];
  if (!usable.includes(name)) {
    const others = usable.length ? `only ${usable.slice(0, 5).join(', ')}` : 'none';
    throw refuse(`has no signature ${SIGNATURE}, ${others}`, 'Save it with a signature for one picture.');
  }
  const byNumber = new Intl.Collator('en', { numeric: true }).compare;
  const outputs = Object.entries(signatureDef[name].outputs).sort(([a], [b]) => byNumber(a, b));
  const pictures = outputs.filter(([, { tensorShape }]) => (tensorShape?.dim ?? []).length === 4);
  const [key, { name: value = '' }] = pictures[0] ?? outputs[0] ?? ['', {}];
  if (value === '') throw refuse(`gives nothing by its signature ${name}`, 'Save it with a signature for one picture.');
  return { value, notes: outputs.length > 1 ? [`Of its ${outputs.length} outputs ${key} is taken.`] : [] };
}

function constants(nodes: readonly NodeDef[], refuse: Refuse): Map<string, KnownArray> {
  const arrays = new Map<string, KnownArray>();
  for (const { name, op, attrs } of nodes) {
    const tensor = attrs.get('value')?.tensor;
    if (op !== 'Const' || !tensor) continue;
    try {
      arrays.set(name, arrayOf(tensor));
    } catch (error) {
      if (!(error instanceof BadArray)) throw error;
      throw refuse(`is damaged: ${name.slice(0, 200)} ${error.message}`);
    }
  }
  return arrays;
}

/** The variables' arrays beside the constants, by the nodes that read them. */
function readVariables(
  nodes: readonly NodeDef[],
  names: ReadonlyMap<string, string>,
  folder: string,
  arrays: Map<string, KnownArray>,
  refuse: Refuse,
): void {
  const graph = byName(nodes);
  let bundle: TensorBundle | undefined;
  const read = new Map<string, KnownArray>();
  for (const node of nodes) {
    const variable = node.op === 'ReadVariableOp' ? graph.get(sourceOf(node.inputs[0] ?? '').name) : node;
    if (!variable || !isVariable(variable)) continue;
    const name = variableName(variable);
    const array = names.get(name);
    bundle ??= array === undefined ? undefined : new TensorBundle(folder);
    if (array === undefined || !bundle?.has(array)) {
      throw refuse(`has a variable without numbers: ${name.slice(0, 200)}`, 'Save the network with its variables.');
    }
    if (!read.has(array)) read.set(array, bundle.read(array));
    arrays.set(node.name, read.get(array)!);
  }
}

function refusal(where: string): Refuse {
  return (what, next = 'Copy or download the model again.', cause?) =>
    new Problem(`${where} ${what}.`, { where, next, cause });
}

function bytesOf(file: string, refuse: Refuse): Uint8Array {
  try {
    if (statSync(file).size >= MAX_FILE) throw refuse('is longer than such a file can be', 'Choose another one.');
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  return readBytes(file);
}

function decoded<T>(read: () => T, refuse: Refuse): T {
  try {
    return read();
  } catch (error) {
    throw refuse('is damaged, or no model of TensorFlow’s', undefined, error);
  }
}

/** Whether a folder is a SavedModel. */
export function isSavedModel(folder: string): boolean {
  return existsSync(path.join(folder, SAVED_MODEL));
}
