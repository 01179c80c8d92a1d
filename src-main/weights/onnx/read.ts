/** ONNX files as graphs of ours. */
import { readFile } from 'node:fs/promises';
import { fileProblem } from '../../base/files.ts';
import type { NetworkGraph } from '../../contract/model.ts';
import { Problem } from '../../contract/problem.ts';
import type { Size2, Size3 } from '../../networks/node-kind.ts';
import { decodeOnnx, hasExternalData, type OnnxGraph, type OnnxModel, type OnnxNode } from './proto.ts';
import { attentions } from './read/attention.ts';
import { folded, foldedOperators, isFolded } from './read/constants.ts';
import { convolutions } from './read/convolution.ts';
import { elementwise } from './read/elementwise.ts';
import { needed, withPatterns } from './read/patterns.ts';
import { Growing, ReadCall, type ReadOperator, Unmapped } from './read/reader.ts';
import { resizing } from './read/resize.ts';
import { sets } from './read/sets.ts';
import { shapes } from './read/shape.ts';
import type { Value } from './read/value.ts';
import { withWritten, writtenKinds } from './read/written.ts';
import { readTensor } from './tensors.ts';
import { wholeOnnx } from './whole.ts';

const OPERATORS: Record<string, ReadOperator> = {
  ...convolutions,
  ...elementwise,
  ...attentions,
  ...resizing,
  ...sets,
  ...shapes,
};

/** The operators that become nodes, and those that are computed where all that they take is known. */
export function knownOperators(): { computed: string[]; known: string[] } {
  return { computed: Object.keys(OPERATORS), known: foldedOperators() };
}

/** The newest of ONNX's opsets whose operators are known here, and the oldest. */
const OPSETS = { least: 7, most: 24 };
/** Height and width at which a graph is read that leaves them open; unlike each other, multiples of 128. */
const OPEN_SIZE: Size2 = [384, 512];
/** One file of Protocol Buffers cannot be longer. */
const MAX_FILE = 2 ** 31;

/** A whole ONNX model that has a part without a place in our graphs: ONNX Runtime may still run it. */
export class UnmappedOnnx extends Problem {}

export interface OnnxFile {
  model: OnnxModel;
  bytes: Uint8Array;
}

/**
 * Reads a file, with the numbers of its arrays that lie beside it in it.
 * @throws Problem where the file cannot be read, is too long for its format, or damaged, or numbers
 *   lie outside of its folder
 */
export async function openOnnx(file: string): Promise<OnnxFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
  if (bytes.length >= MAX_FILE) throw new Problem(`${file} is longer than an ONNX file can be.`, { where: file });
  const model = decodeOnnx(bytes, file);
  if (!hasExternalData(model)) return { model, bytes };
  const whole = wholeOnnx(bytes, file);
  return { model: decodeOnnx(whole, file), bytes: whole };
}

/** A graph of ours with its weights in our layout, and what the user should know of how it came about. */
export interface ReadGraph {
  graph: NetworkGraph;
  /** Channels of its logits. */
  outputs: number;
  weights: Map<string, Float32Array>;
  notes: string[];
}

/**
 * The graph of an ONNX file: from its first picture to its first output that is one.
 * @param advice what to do where it cannot be, for a file of another format that was written in ONNX's terms
 * @throws Problem naming the node and operator that has no place in our graphs, or what else is wrong
 */
export function readGraph({ graph: onnx, opsetImport }: OnnxModel, file: string, advice?: string): ReadGraph {
  const refuse = (what: string, next = advice ?? 'Export it with opset 11 to 20, from one picture to its logits.') =>
    new Problem(`${file} ${what}.`, { where: file, next });
  const unmapped = (why: string) => {
    if (advice !== undefined) return refuse(`cannot become a graph here: ${why}`);
    return new UnmappedOnnx(`${file} cannot become a graph here: ${why}.`, {
      where: file,
      next: 'Import it into a project: there ONNX Runtime may run it, as a frozen teacher.',
    });
  };
  const opset = opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < OPSETS.least || opset > OPSETS.most) throw unmapped(`it is of opset ${opset}, which is not read`);

  const values = new Map<string, Value>();
  for (const tensor of onnx.initializer) values.set(tensor.name ?? '', readTensor(tensor, file));
  const picture = pictureInput(onnx, refuse);
  const size: Size3 = [picture.size[0] ?? OPEN_SIZE[0], picture.size[1] ?? OPEN_SIZE[1], 3];
  const growing = new Growing(size);
  values.set(picture.name, {
    kind: 'feature',
    node: 'input',
    size,
    dims: [
      [],
      [{ axis: 'c', size: 3, stride: 1 }],
      [{ axis: 'h', size: size[0], stride: 1 }],
      [{ axis: 'w', size: size[1], stride: 1 }],
    ],
  });

  const { output, notes } = logitsOf(onnx);
  // Arrays that are alike, such as biases of zero, are handed on by Identity
  const makers = new Map(
    onnx.node
      .filter(({ opType }) => opType === 'Constant' || opType === 'Identity')
      .map((node) => [node.output[0], node]),
  );
  const known = (name: string) => {
    const value =
      values.get(name) ?? constantNode(makers.get(name), file) ?? values.get(makers.get(name)?.input[0] ?? '');
    return value?.kind === 'constant' ? value : undefined;
  };
  const constants = {
    value: (name: string) => (known(name)?.data.length === 1 ? known(name)?.data[0] : undefined),
    isList: (name: string) => known(name)?.shape.length === 1,
  };
  const isKnown = (name: string) => known(name) !== undefined;
  const nodes = withPatterns(needed(withWritten(onnx.node, isKnown), [output]), constants, [output]);
  requireKnown(nodes, unmapped);
  for (const node of nodes) {
    const call = new ReadCall(
      node,
      node.input.map((name) => (name === '' ? undefined : values.get(name))),
      growing,
      opset,
      file,
    );
    try {
      const answer = folded(call) ?? operator(node.opType)(call);
      for (const [i, value] of [answer].flat().entries()) if (node.output[i]) values.set(node.output[i], value);
    } catch (error) {
      if (error instanceof Problem) throw error;
      const why = (error as Error).message.replace(/\.$/, '');
      throw unmapped(`of node ${call.name} (${node.opType}), ${why}`);
    }
  }
  const found = values.get(output);
  const result = found?.kind === 'feature' ? growing.asPicture(found, `${output}/picture`) : null;
  if (!result) throw unmapped(`it does not end in a picture of logits (${output})`);
  if (result.pads) throw unmapped(`it ends in padding (${output})`);
  return { graph: finish(growing, result.node, size), outputs: result.size[2], weights: growing.weights, notes };
}

/** The reader of an operator on computed values. */
function operator(opType: string): ReadOperator {
  if (Object.hasOwn(writtenKinds, opType)) return writtenKinds[opType];
  if (!Object.hasOwn(OPERATORS, opType)) throw new Unmapped('it takes computed values where they have to be known');
  return OPERATORS[opType];
}

/** A node's value where the node is a Constant. */
function constantNode(node: OnnxNode | undefined, file: string) {
  const tensor = node?.attribute.find((one) => one.name === 'value')?.t;
  return tensor && readTensor(tensor, file);
}

function requireKnown(nodes: readonly OnnxNode[], unmapped: (why: string) => Problem): void {
  const foreign = nodes.filter(
    ({ opType, domain = '' }) =>
      (domain !== '' && domain !== 'ai.onnx') ||
      !(Object.hasOwn(OPERATORS, opType) || Object.hasOwn(writtenKinds, opType) || isFolded(opType)),
  );
  if (foreign.length === 0) return;
  const named = foreign.slice(0, 5).map(({ name, output, opType }) => `${name || output[0]} (${opType})`);
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : '';
  throw unmapped(`there is no place for ${named.join(', ')}${more}`);
}

/**
 * The model's only input, which has to be a picture, channels first: its name, its height and width where they are fixed,
 * and the type of its numbers.
 */
export function pictureInput(
  { input, initializer }: OnnxGraph,
  refuse: (what: string) => Problem,
): { name: string; size: [number | undefined, number | undefined]; type: number } {
  const arrays = new Set(initializer.map(({ name }) => name));
  const inputs = input.filter(({ name }) => !arrays.has(name));
  if (inputs.length !== 1) throw refuse(`has ${inputs.length} inputs; a segmentation network has one`);
  const [{ name, type }] = inputs;
  const dims = type?.tensorType?.shape?.dim ?? [];
  if (dims.length !== 4) throw refuse(`takes an input of ${dims.length} axes; a picture has four`);
  const [batch, channels, height, width] = dims.map(({ dimValue }) =>
    dimValue && dimValue > 0 ? dimValue : undefined,
  );
  if (batch !== undefined && batch !== 1) throw refuse(`takes ${batch} pictures at once; only one can be read`);
  if (channels !== undefined && channels !== 3)
    throw refuse(`takes pictures of ${channels} channels first; three are known`);
  if ((height ?? 0) > 16384 || (width ?? 0) > 16384) throw refuse(`takes pictures of ${width} × ${height}`);
  return { name, size: [height, width], type: type.tensorType.elemType };
}

/** The value that is taken for the logits, and what the user should know of the choice. */
export function logitsOf({ output: outputs, node }: OnnxGraph): { output: string; notes: string[] } {
  const notes: string[] = [];
  const [{ name: output }] = outputs;
  if (outputs.length > 1) notes.push(`Of its ${outputs.length} outputs the first, ${output}, is taken.`);
  // The likeliest class is found here too; what it is taken from is wanted
  const last = node.find((one) => one.output.includes(output));
  if (last?.opType !== 'ArgMax') return { output, notes };
  notes.push(`Its last operator, ArgMax, is left out: the logits before it are taken.`);
  return { output: last.input[0], notes };
}

/** The smallest height of a picture on the way; bins and what is made of them, of a number that is fixed, do not count. */
function deepest({ nodes, sizes }: Growing): number {
  const binned = new Set<string>();
  let least = Number.POSITIVE_INFINITY;
  for (const { name, kind, inputs } of nodes) {
    if (kind === 'adaptiveAveragePool' || (kind !== 'resize' && inputs.every((input) => binned.has(input))))
      binned.add(name);
    else least = Math.min(least, sizes.get(name)![0]);
  }
  return least;
}

/** Kinds whose arrays or attributes hold for one size of the picture alone. */
const FIXED: ReadonlySet<string> = new Set(['addLearnt', 'regroup', 'crop']);

/** The graph: for pictures of any size where its nodes allow that, otherwise they are brought to the one it was made for. */
function finish(growing: Growing, output: string, [height, width]: Size3): NetworkGraph {
  const fixed = growing.nodes.some(
    ({ kind, attrs }) => FIXED.has(kind) || (kind === 'resize' && attrs.height !== undefined),
  );
  const [down, across] = growing.sizes.get(output)!;
  const logitsStride = height / down;
  const even = !fixed && Number.isInteger(logitsStride) && width / across === logitsStride;
  const fitted = growing.free('fitted');
  const last = even ? output : growing.add('whole', 'resize', [output, 'input']).node;
  const stride = Math.round(height / deepest(growing));
  const free = !fixed && height % stride === 0 && width % stride === 0;
  const nodes = fixed
    ? [
        { name: fitted, kind: 'resize', inputs: ['input'], attrs: { height, width } },
        ...growing.nodes.map((node) =>
          node.name === last
            ? node
            : { ...node, inputs: node.inputs.map((name) => (name === 'input' ? fitted : name)) },
        ),
      ]
    : growing.nodes;
  return { nodes, output: last, stride: free ? stride : 1, logitsStride: even ? logitsStride : 1, defaultTaps: [last] };
}
